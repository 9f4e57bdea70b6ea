"""Regular expressions over turns, held in a process of their own that can be stopped.

``matcher`` is that process, ``Looking`` its other end.
"""

from coding.core.patterns.looking import Looking, Matches, PatternFailed

__all__ = ["Looking", "Matches", "PatternFailed"]
