"""From what coders left in a round to what is agreed: comparing, deciding, accepting in bulk.

What coders had coded is never changed. An agreed coding is a row of its own (``agreed_in``), whose
coder is who decided it and whose ``decision`` says why.
"""

from coding.services.adjudication.agreeing import AgreedPlan, accept_agreed, plan_agreed
from coding.services.adjudication.deciding import decide, result_of
from coding.services.adjudication.making import make_comparisons
from coding.services.adjudication.shared import Decided
from coding.services.adjudication.undoing import take_back

__all__ = [
    "AgreedPlan",
    "Decided",
    "accept_agreed",
    "decide",
    "make_comparisons",
    "plan_agreed",
    "result_of",
    "take_back",
]
