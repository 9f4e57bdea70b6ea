"""What agreement in a round is computed from: who finished which source, and with which passages.

Only what was left on finishing counts (``Assignment.passages``), in the text of that time. A source
counts when at least two coders finished it; whoever has not finished is missing there, and has not
judged that nothing is to be coded. A code that was merged counts as the one it was merged into.
"""

from coding.agreement.counted_from import RULE, SEGMENTS, basis, roll_up, unit_spans
from coding.agreement.reading import OPENED, evidence, evidences, opened, rounds
from coding.agreement.shapes import CodeLine, Codes, Evidence, RoundSource, Rows, Share

__all__ = [
    "OPENED",
    "RULE",
    "SEGMENTS",
    "CodeLine",
    "Codes",
    "Evidence",
    "RoundSource",
    "Rows",
    "Share",
    "basis",
    "evidence",
    "evidences",
    "opened",
    "roll_up",
    "rounds",
    "unit_spans",
]
