"""Withdrawal: a participant takes back their consent, and everything that they said goes, for good.

``planning`` is the dry run and makes the ``plan``: what is theirs (``scope``), what becomes of
group talk (``group_talk``), which searches name them (``searches``). ``removal`` carries it out in
one transaction, history included (``history``), and leaves a receipt without content
(``receipts``).
``registry`` says of every model how a withdrawal reaches it; a test walks all models.
"""

from cases.services.withdrawal.plan import Plan, Section
from cases.services.withdrawal.planning import KIND, in_words, plan_withdrawal
from cases.services.withdrawal.removal import check, receipt_number, scour, withdraw

__all__ = [
    "KIND",
    "Plan",
    "Section",
    "check",
    "in_words",
    "plan_withdrawal",
    "receipt_number",
    "scour",
    "withdraw",
]
