"""How a withdrawal reaches each kind of row. A test walks all models and fails for one that is
not here: whoever adds a model decides what becomes of it when a participant withdraws.

* ``CASCADE``: goes with the row that the field named in ``how`` points to.
* ``RULE``: found and removed, cut or blanked by a rule; ``how`` says which.
* ``NOTHING``: holds nothing of a participant; ``how`` says why.

A new kind of evidence needs its line here and, unless it goes by cascade, a rule: a section in
``planning`` (so that the dry run lists it and the token knows it) and its end in ``removal``.
"""

from typing import NamedTuple

CASCADE, RULE, NOTHING = "cascade", "rule", "nothing"


class Reach(NamedTuple):
    kind: str
    how: str


REACH: dict[str, Reach] = {
    # coding
    "coding.Participant": Reach(RULE, "the row itself goes"),
    "coding.Source": Reach(RULE, "own sources go, others get gap marks and lose their original"),
    "coding.SourceText": Reach(CASCADE, "source"),
    "coding.Turn": Reach(CASCADE, "source"),
    "coding.TurnWords": Reach(CASCADE, "turn"),
    "coding.SourceVersion": Reach(RULE, "all versions of own, group and former sources go"),
    "coding.Speaker": Reach(CASCADE, "participant"),
    "coding.Code": Reach(RULE, "quotations in definitions and rules are blanked"),
    "coding.CodeExample": Reach(CASCADE, "coding"),
    "coding.CodebookVersion": Reach(RULE, "quotations in frozen codes are blanked, the hash anew"),
    "coding.CodeProposal": Reach(RULE, "quotations in proposals and answers are blanked"),
    "coding.Coding": Reach(RULE, "on own sources they go, in group talk they are cut or go"),
    "coding.Reading": Reach(CASCADE, "source"),
    "coding.Note": Reach(
        RULE, "on codings that go by cascade, about what goes, elsewhere where they quote"
    ),
    "coding.NoteLink": Reach(RULE, "by cascade with its memo, and those to what goes"),
    "coding.Note_mentions": Reach(CASCADE, "note"),
    "coding.Round": Reach(RULE, "quotations in names and instructions are blanked"),
    "coding.Assignment": Reach(RULE, "own sources by cascade; in group talk its passages are cut"),
    "coding.AgreementCount": Reach(RULE, "own sources by cascade; of group talk they are removed"),
    "coding.Comparison": Reach(
        RULE, "own sources by cascade; in group talk its places are cut, quotations blanked"
    ),
    "coding.PlacementReview": Reach(CASCADE, "version"),
    "coding.NameReplacement": Reach(RULE, "by the pseudonym, or the sealed name"),
    "coding.Recording": Reach(RULE, "of own, group and former sources, with their files"),
    "coding.Withdrawal": Reach(NOTHING, "counts alone"),
    # cases
    "cases.Case": Reach(NOTHING, "named by the team; a name that is a participant's is listed"),
    "cases.CaseSource": Reach(CASCADE, "source"),
    "cases.CaseParticipant": Reach(CASCADE, "participant"),
    "cases.Variable": Reach(NOTHING, "the name of an attribute; values are rows of their own"),
    "cases.VariableValue": Reach(
        RULE, "their own by cascade, quotations in those of cases blanked"
    ),
    "cases.SavedQuery": Reach(RULE, "searches for the person or the words go"),
    # projects
    "projects.User": Reach(NOTHING, "an account of the team"),
    "projects.Project": Reach(RULE, "quotations in the description are blanked"),
    "projects.Membership": Reach(NOTHING, "a member of the team"),
    "projects.Invitation": Reach(NOTHING, "an invitation of a member of the team"),
    "projects.Event": Reach(RULE, "lines stay, their content is blanked or rewritten"),
    "projects.Job": Reach(RULE, "all ended jobs of the project go, with their files"),
    "projects.JobStep": Reach(CASCADE, "job"),
}
