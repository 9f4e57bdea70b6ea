"""Rounds of double coding: prepared, started, finished by each coder, opened, closed."""

from coding.services.rounds.finishing import finish_source, take_back_finish
from coding.services.rounds.planning import change_round, create_round, delete_draft
from coding.services.rounds.running import (
    bring_back_earlier,
    close_round,
    open_round,
    start_round,
)

__all__ = [
    "bring_back_earlier",
    "change_round",
    "close_round",
    "create_round",
    "delete_draft",
    "finish_source",
    "open_round",
    "start_round",
    "take_back_finish",
]
