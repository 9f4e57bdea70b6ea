"""Versions of a transcript: correcting a text without losing its coding.

``plan`` says what a new text would do, ``replace`` does it, ``turns`` finds out who speaks in it,
``reviews`` is where people decide what the program could not, ``translate`` reads the rows of older
events in the present text.
"""

from coding.services.versions.plan import Plan, plan_correction
from coding.services.versions.replace import plan_restore, replace_text, restore_version
from coding.services.versions.reviews import confirm_placement, move_placement, remove_placement

__all__ = [
    "Plan",
    "confirm_placement",
    "move_placement",
    "plan_correction",
    "plan_restore",
    "remove_placement",
    "replace_text",
    "restore_version",
]
