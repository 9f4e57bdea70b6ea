"""Whatever is done to the codebook, codings and tree agree with a small plain model."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coding import queries
from coding.models import Code, Coding
from coding.services import codebook
from coding.services.codings import add_codings, remove_coding, undo
from projects.access import resolve
from projects.models import Project, User
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

number = st.integers(0, 5)
STEP = st.one_of(
    st.tuples(st.just("create"), number, number),
    st.tuples(st.just("rename"), number, number),
    st.tuples(st.just("move"), number, number),
    st.tuples(st.just("merge"), number, number),
    st.tuples(st.just("merge"), number, number),
    st.tuples(st.just("unmerge"), number, number),
    st.tuples(st.just("unmerge"), number, number),
    st.tuples(st.just("retire"), number, number),
    st.tuples(st.just("bring"), number, number),
    st.tuples(st.just("freeze"), number, number),
    st.tuples(st.just("restore"), number, number),
    st.tuples(st.just("code"), number, number),
    st.tuples(st.just("code"), number, number),
    st.tuples(st.just("uncode"), number, number),
)


@dataclass
class Node:
    name: str
    parent: int | None = None
    retired: bool = False
    into: int | None = None


@dataclass
class Model:
    """Codes by place of making; codings as {coding: (code, start)}."""

    nodes: list[Node] = field(default_factory=list)
    codings: dict[int, tuple[int, int]] = field(default_factory=dict)
    merges: dict[int, Any] = field(default_factory=dict)
    versions: list[list[Node]] = field(default_factory=list)

    def above(self, at: int) -> set[int]:
        seen: set[int] = set()
        here: int | None = at
        while here is not None:
            seen.add(here)
            here = self.nodes[here].parent
        return seen

    def named(self, name: str, parent: int | None, own: int | None) -> bool:
        return any(
            i != own and n.name == name and n.parent == parent and not n.retired
            for i, n in enumerate(self.nodes)
        )

    def children(self, at: int) -> list[int]:
        return [i for i, n in enumerate(self.nodes) if n.parent == at]

    # Each answers whether it can be done, and does it then.

    def create(self, name: str, parent: int | None) -> bool:
        if parent is not None and self.nodes[parent].into is not None:
            return False
        if self.named(name, parent, None):
            return False
        self.nodes.append(Node(name, parent))
        return True

    def rename(self, at: int, name: str) -> bool:
        node = self.nodes[at]
        if not node.retired and self.named(name, node.parent, at):
            return False
        if node.parent is not None and self.nodes[node.parent].into is not None:
            return False
        node.name = name
        return True

    def move(self, at: int, parent: int | None) -> bool:
        node = self.nodes[at]
        if parent is not None and (self.nodes[parent].into is not None or at in self.above(parent)):
            return False
        if parent != node.parent and not node.retired and self.named(node.name, parent, at):
            return False
        node.parent = parent
        return True

    def merge(self, at: int, into: int) -> bool:
        node, other = self.nodes[at], self.nodes[into]
        if node.retired or other.retired or at == into or at in self.above(into):
            return False
        kids = self.children(at)
        if any(self.named(self.nodes[k].name, into, at) for k in kids if not self.nodes[k].retired):
            return False
        there = {start for code, start in self.codings.values() if code == into}
        moved, away = [], {}
        for pk, (code, start) in list(self.codings.items()):
            if code != at:
                continue
            if start in there:
                away[pk] = start
                del self.codings[pk]
            else:
                moved.append(pk)
                self.codings[pk] = (into, start)
        for kid in kids:
            self.nodes[kid].parent = into
        node.retired, node.into = True, into
        self.merges[at] = (into, moved, away, kids)
        return True

    def unmerge(self, at: int) -> bool:
        node = self.nodes[at]
        if node.into is None or self.nodes[node.into].into is not None:
            return False
        if self.named(node.name, node.parent, at):
            return False
        into, moved, away, kids = self.merges[at]
        for pk in moved:
            if pk in self.codings and self.codings[pk][0] == into:
                self.codings[pk] = (at, self.codings[pk][1])
        there = {start for code, start in self.codings.values() if code == at}
        for pk, start in away.items():
            if start not in there:
                self.codings[pk] = (at, start)
        node.retired, node.into = False, None
        above = self.above(at)
        for kid in kids:
            child = self.nodes[kid]
            if child.parent != into or kid in above:
                continue
            if not child.retired and self.named(child.name, at, kid):
                continue
            child.parent = at
        return True

    def retire(self, at: int) -> bool:
        self.nodes[at].retired = True
        return True

    def bring(self, at: int) -> bool:
        node = self.nodes[at]
        if node.into is not None:
            return False
        if not node.retired:
            return True
        if self.named(node.name, node.parent, at):
            return False
        if node.parent is not None and self.nodes[node.parent].into is not None:
            return False
        node.retired = False
        return True

    def freeze(self) -> None:
        self.versions.append([Node(n.name, n.parent, n.retired, n.into) for n in self.nodes])

    def restore(self, which: int) -> None:
        wanted = self.versions[which]
        for i, node in enumerate(self.nodes):
            if i >= len(wanted):
                node.retired = True
                continue
            node.name, node.parent = wanted[i].name, wanted[i].parent
            if wanted[i].retired:
                node.retired = True
            else:
                node.retired, node.into = False, None
        self.freeze()


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEP, max_size=22))
def test_the_codebook_agrees_with_a_plain_model(transactional_db: None, steps: list[Any]) -> None:
    liam, source, text = new_project()
    model = Model()
    codes: list[Code] = []
    versions: list[Any] = []

    def pick(n: int) -> int:
        return n % len(codes)

    # So much is there at the start that merges find passages alike and codes below.
    for i, parent in enumerate((None, None, 0)):
        model.create(f"Start {i}", parent)
        above = None if parent is None else codes[parent]
        codes.append(codebook.create_code(access=liam, name=f"Start {i}", parent=above))
        for start in range(i, i + 2):
            (coding,) = add_codings(
                access=liam,
                source=source,
                start=start,
                end=start + 3,
                quote=text[start : start + 3],
                codes=[codes[i]],
            ).added
            model.codings[coding.pk] = (i, start)
    for what, a, b in steps:
        at, other = pick(a), pick(b)
        row = Code.objects.get(pk=codes[at].pk)
        did = expected = True
        try:
            if what == "create":
                parent = None if b == 5 else other
                expected = model.create(f"N{a}", parent)
                made = codebook.create_code(
                    access=liam, name=f"N{a}", parent=None if parent is None else codes[parent]
                )
                codes.append(made)
            elif what == "rename":
                expected = model.rename(at, f"N{b}")
                codebook.change_code(
                    access=liam,
                    code=row,
                    name=f"N{b}",
                    parent=row.parent,
                    definition=row.definition,
                    colour=row.colour,
                    heading_only=False,
                )
            elif what == "move":
                parent = None if b == 5 else other
                expected = model.move(at, parent)
                codebook.move_code(
                    access=liam,
                    code=row,
                    parent=None if parent is None else codes[parent],
                    before=None,
                )
            elif what == "merge":
                expected = model.merge(at, other)
                codebook.merge_codes(access=liam, code=row, into=codes[other])
            elif what == "unmerge":
                expected = model.unmerge(at)
                codebook.undo_merge(access=liam, code=row)
            elif what == "retire":
                model.retire(at)
                codebook.retire_code(access=liam, code=row)
            elif what == "bring":
                expected = model.bring(at)
                codebook.bring_back_code(access=liam, code=row)
            elif what == "freeze":
                model.freeze()
                versions.append(codebook.freeze(access=liam, name="V"))
            elif what == "restore" and versions:
                model.restore(a % len(versions))
                codebook_version = versions[a % len(versions)]
                versions.append(codebook.restore(access=liam, version=codebook_version))
            elif what == "code":
                expected = not model.nodes[at].retired
                outcome = add_codings(
                    access=liam,
                    source=source,
                    start=b,
                    end=b + 3,
                    quote=text[b : b + 3],
                    codes=[codes[at]],
                )
                for coding in outcome.added:
                    model.codings[coding.pk] = (at, b)
            elif what == "uncode" and model.codings:
                pk = sorted(model.codings)[a % len(model.codings)]
                if b % 2:
                    del model.codings[pk]
                    remove_coding(access=liam, coding=Coding.objects.get(pk=pk))
                else:
                    # Taken away and brought back at once: nothing has happened.
                    merged = model.nodes[model.codings[pk][0]].into is not None
                    remove_coding(access=liam, coding=Coding.objects.get(pk=pk))
                    undo(access=liam, source=source)
                    if merged:
                        del model.codings[pk]
        except ValidationError:
            did = False
        assert did == expected, (what, a, b)
        agree(liam, model, codes)


def new_project() -> tuple[Any, Any, str]:
    n = Project.objects.count()
    project = Project.objects.create(title=f"Model {n}")
    user = User.objects.create_user(f"liam{n}@example.org", "a-long-test-password")
    factories.member(project, user, "lead", "Liam")
    source = factories.source(project, "int1", factories.TEXT)
    return resolve(user, project.pk), source, factories.TEXT


def agree(access: Any, model: Model, codes: list[Code]) -> None:
    place = {code.pk: i for i, code in enumerate(codes)}
    rows = Code.objects.filter(project=access.project).order_by("pk")
    assert [
        (
            row.name,
            place.get(row.parent_id),
            row.retired_at is not None,
            place.get(row.merged_into_id),
        )
        for row in rows
    ] == [(n.name, n.parent, n.retired, n.into) for n in model.nodes]
    there = Coding.objects.present().filter(source__project=access.project)
    assert {c.pk: (place[c.code_id], c.start) for c in there} == model.codings
    # Every code is reached from the top: the tree has no loop.
    assert len(queries.codebook(access, merged=True)) == len(codes)
