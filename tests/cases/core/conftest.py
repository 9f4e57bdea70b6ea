"""Study folders in memory."""

from collections.abc import Callable

import pytest

from cases.core.archives import ArchiveProblem

Files = dict[str, str | bytes]


class MemoryFolder:
    """A folder of the given files; text is stored as UTF-8."""

    def __init__(self, files: Files) -> None:
        self.files = {
            name: data.encode() if isinstance(data, str) else data for name, data in files.items()
        }
        self.notes: list[str] = []

    def names(self) -> list[str]:
        return list(self.files)

    def size(self, name: str) -> int:
        return len(self.files[name])

    def read(self, name: str, limit: int | None = None) -> bytes:
        if limit is not None and len(self.files[name]) > limit:
            raise ArchiveProblem("too_large", f"{name} is too large.", name)
        return self.files[name]


SMALL: Files = {
    "cases.csv": "case_id,name,size\nnorth,North,3\nsouth,South,4\n",
    "participants.csv": (
        "participant_id,case,role,consent_quote\nN1,north,coach,yes\nS1,south,coach,no\n"
        "RG,,interviewer,\n"
    ),
    "documents.csv": (
        "doc_id,case,type,participant,date,file\n"
        "D1,north,interview,N1,2016-03-15,documents/d1.txt\n"
        "D2,south,interview,S1,2016-04-15,documents/d2.txt\n"
    ),
    "documents/d1.txt": "RG: Why?\nN1: We share 😀 pages.\n",
    "documents/d2.txt": "INT: And you?\nS1: She is naïve.",
    "codebook.csv": "code,parent,definition\ngain,,Gains\nshare,gain,Sharing\nplan,gain,\n",
    "codings.csv": (
        "coding_id,doc_id,code,coder,start,end,text\n"
        "k1,D1,share,c1,13,21,We share\nk2,D1,gain,c2,22,29,😀 pages\nk3,D2,plan,c1,18,31,"
        "She is naïve.\n"
    ),
}


@pytest.fixture
def small() -> Callable[..., MemoryFolder]:
    """A small sound study, with files put in its place (None: left out)."""

    def make(changes: dict[str, str | bytes | None] | None = None) -> MemoryFolder:
        files = SMALL | (changes or {})
        return MemoryFolder({name: data for name, data in files.items() if data is not None})

    return make
