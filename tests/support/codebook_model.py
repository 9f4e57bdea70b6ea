"""A codebook as a small plain model, and a play in which model and application do the same."""

import uuid
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.exceptions import ValidationError

from cases.codebook import known_codes
from cases.core.codebook_files import plan_codebook, read_codebook_file
from cases.services.codebook import import_codebook
from cases.services.undoing import undo_event
from coding import queries
from coding.models import Code, Coding
from coding.services import codebook, codings, trash
from projects.access import resolve
from projects.models import Event, Project, User
from tests import factories


@dataclass
class Node:
    name: str
    parent: int | None = None
    retired: bool = False
    into: int | None = None
    # Which removal took it away, the same for what went along; 0 while it is there.
    gone: int = 0
    moved_up: tuple[int, ...] = ()
    definition: str = ""
    # Which change of meaning was its last one.
    redefined: int = 0

    def said(self) -> tuple[Any, ...]:
        return (self.name, self.parent, self.definition, self.redefined)


@dataclass
class Model:
    """Codes by place of making; codings as {coding: (code, start)}."""

    nodes: list[Node] = field(default_factory=list)
    codings: dict[int, tuple[int, int]] = field(default_factory=dict)
    merges: dict[int, Any] = field(default_factory=dict)
    # Code -> what its last merge was into, while that is undone.
    undone: dict[int, int] = field(default_factory=dict)
    # Of each import: what the codes said that it made, and that it changed, after and before;
    # None once it is undone.
    imports: list[Any] = field(default_factory=list)
    meanings: int = 0
    removals: int = 0
    source_gone: bool = False
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
            i != own and n.name == name and n.parent == parent and not n.retired and not n.gone
            for i, n in enumerate(self.nodes)
        )

    def holds(self, at: int) -> bool:
        """May codes lie below it?"""
        return self.nodes[at].into is None and not self.nodes[at].gone

    def children(self, at: int) -> list[int]:
        return [i for i, n in enumerate(self.nodes) if n.parent == at]

    # Each answers whether it can be done, and does it then.

    def create(self, name: str, parent: int | None) -> bool:
        if parent is not None and not self.holds(parent):
            return False
        if self.named(name, parent, None):
            return False
        self.nodes.append(Node(name, parent))
        return True

    def rename(self, at: int, name: str) -> bool:
        node = self.nodes[at]
        if node.gone:
            return False
        if not node.retired and self.named(name, node.parent, at):
            return False
        if node.parent is not None and not self.holds(node.parent):
            return False
        node.name = name
        return True

    def move(self, at: int, parent: int | None) -> bool:
        node = self.nodes[at]
        if node.gone:
            return False
        if parent is not None and (not self.holds(parent) or at in self.above(parent)):
            return False
        if parent != node.parent and not node.retired and self.named(node.name, parent, at):
            return False
        node.parent = parent
        return True

    def merge(self, at: int, into: int) -> bool:
        node, other = self.nodes[at], self.nodes[into]
        if node.gone or other.gone:
            return False
        if node.retired or other.retired or at == into or at in self.above(into):
            return False
        kids = self.children(at)
        seen = [k for k in kids if not self.nodes[k].retired and not self.nodes[k].gone]
        if any(self.named(self.nodes[k].name, into, at) for k in seen):
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
        self.undone.pop(at, None)
        return True

    def remerge(self, at: int) -> bool:
        if self.nodes[at].into is not None or at not in self.undone:
            return False
        return self.merge(at, self.undone[at])

    def unmerge(self, at: int) -> bool:
        node = self.nodes[at]
        if node.gone or node.into is None or self.nodes[node.into].into is not None:
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
        self.undone[at] = into
        above = self.above(at)
        for kid in kids:
            child = self.nodes[kid]
            if child.parent != into or kid in above:
                continue
            seen = not child.retired and not child.gone
            if seen and self.named(child.name, at, kid):
                continue
            child.parent = at
        return True

    def retire(self, at: int) -> bool:
        if self.nodes[at].gone:
            return False
        self.nodes[at].retired = True
        return True

    def bring(self, at: int) -> bool:
        node = self.nodes[at]
        if node.into is not None or node.gone:
            return False
        if not node.retired:
            return True
        if self.named(node.name, node.parent, at):
            return False
        if node.parent is not None and not self.holds(node.parent):
            return False
        node.retired = False
        return True

    def freeze(self) -> None:
        self.versions.append([replace(node) for node in self.nodes])

    def restore(self, which: int) -> None:
        wanted = self.versions[which]
        for i, node in enumerate(self.nodes):
            if i >= len(wanted) or wanted[i].gone:
                # What is gone stays as it is.
                node.retired = node.retired or not node.gone
                continue
            node.name, node.parent, node.gone = wanted[i].name, wanted[i].parent, 0
            if node.definition != wanted[i].definition:
                node.definition, node.redefined = wanted[i].definition, self.meaning()
            if wanted[i].retired:
                node.retired = True
            else:
                node.retired, node.into = False, None
        self.freeze()

    def meaning(self) -> int:
        self.meanings += 1
        return self.meanings

    def bring_in(self, at: int, parent: int | None, definition: str, name: str) -> None:
        """A file that gives one code a place and a meaning, and has a new one below it."""
        node = self.nodes[at]
        was = None if node.gone else node.said()
        node.parent, node.definition = parent, definition
        if node.gone:
            node.gone, node.retired, node.redefined = 0, False, 0
        else:
            node.redefined = self.meaning()
        self.nodes.append(Node(name, at, definition=definition))
        new = len(self.nodes) - 1
        self.imports.append([(at, node.said(), was), (new, self.nodes[new].said(), None)])

    def take_out(self, which: int) -> bool:
        did = self.imports[which]
        if did is None:
            return False
        made = [at for at, _after, was in did if was is None and not self.nodes[at].gone]
        back = {at: was for at, _after, was in did if was is not None}
        for at, after, was in did:
            node = self.nodes[at]
            if node.gone and was is None:
                continue
            if node.gone or node.into is not None or node.said() != after:
                return False
            if any(other.into == at for other in self.nodes):
                return False
            if was is None and any(code == at for code, _start in self.codings.values()):
                return False
        trial = replace(self, nodes=[replace(node) for node in self.nodes])
        trial.removals += 1
        for at in made:
            trial.nodes[at].gone, trial.nodes[at].moved_up = trial.removals, ()
        for at, was in back.items():
            node = trial.nodes[at]
            node.name, node.parent, node.definition, node.redefined = was
        for at, node in enumerate(trial.nodes):
            if not node.gone and node.parent in made:
                return False
            if at not in back:
                continue
            if node.parent is not None and not trial.holds(node.parent):
                return False
            if node.parent is not None and at in trial.above(node.parent):
                return False
            if not node.retired and trial.named(node.name, node.parent, at):
                return False
        self.nodes, self.removals = trial.nodes, trial.removals
        self.imports[which] = None
        return True

    def into_this(self, at: int) -> list[int]:
        found: list[int] = []
        waiting = [at]
        while waiting:
            here = waiting.pop()
            more = [i for i, n in enumerate(self.nodes) if n.into == here]
            found += more
            waiting += more
        return found

    def trash(self, at: int) -> bool:
        node = self.nodes[at]
        if node.gone or node.into is not None:
            return False
        kids = [k for k in self.children(at) if not self.nodes[k].gone]
        for k in kids:
            kid = self.nodes[k]
            if not kid.retired and self.named(kid.name, node.parent, at):
                return False
        for k in kids:
            self.nodes[k].parent = node.parent
        node.moved_up = tuple(kids)
        self.removals += 1
        for i in (at, *self.into_this(at)):
            self.nodes[i].gone = self.removals
        return True

    def untrash(self, at: int) -> bool:
        node = self.nodes[at]
        if not node.gone or node.into is not None:
            return False
        if node.parent is not None:
            above = self.nodes[node.parent]
            if above.gone or above.into is not None:
                return False
        if not node.retired and self.named(node.name, node.parent, at):
            return False
        when = node.gone
        for i in (at, *self.into_this(at)):
            if self.nodes[i].gone == when:
                self.nodes[i].gone = 0
        for k in node.moved_up:
            kid = self.nodes[k]
            if kid.gone or kid.parent != node.parent:
                continue
            if not kid.retired and self.named(kid.name, at, k):
                continue
            kid.parent = at
        return True


class Play:
    """A project with its model. Each step is a method: it says whether the model can do it
    (``expected``), and asks the application for the same. ``a`` and ``b`` choose what it is about.
    """

    def __init__(self) -> None:
        n = Project.objects.count()
        project = Project.objects.create(title=f"Model {n}")
        user = User.objects.create_user(f"liam{n}@example.org", "a-long-test-password")
        factories.member(project, user, "lead", "Liam")
        self.source = factories.source(project, "int1", factories.TEXT)
        self.access = resolve(user, project.pk)
        self.model = Model()
        self.codes: list[Code] = []
        self.versions: list[Any] = []
        self.batches: list[uuid.UUID] = []
        self.expected = True
        # So much is there at the start that merges find passages alike and codes below.
        for i, parent in enumerate((None, None, 0)):
            self.model.create(f"Start {i}", parent)
            self.codes.append(
                codebook.create_code(access=self.access, name=f"Start {i}", parent=self.at(parent))
            )
            for start in range(i, i + 2):
                self.add_coding(i, start)

    def step(self, what: str, a: int, b: int) -> None:
        did = self.expected = True
        try:
            getattr(self, what)(a, b)
        except ValidationError:
            did = False
        assert did == self.expected, (what, a, b)
        self.agree()

    def at(self, place: int | None) -> Code | None:
        return None if place is None else self.codes[place]

    def pick(self, n: int) -> int:
        return n % len(self.codes)

    def row(self, n: int) -> Code:
        return Code.objects.get(pk=self.codes[self.pick(n)].pk)

    def below(self, n: int) -> int | None:
        return None if n == 5 else self.pick(n)

    def add_coding(self, at: int, start: int) -> None:
        outcome = codings.add_codings(
            access=self.access,
            source=self.source,
            start=start,
            end=start + 3,
            quote=factories.TEXT[start : start + 3],
            codes=[self.codes[at]],
        )
        for coding in outcome.added:
            self.model.codings[coding.pk] = (at, start)

    # --- the codebook ---

    def create(self, a: int, b: int) -> None:
        parent = self.below(b)
        self.expected = self.model.create(f"N{a}", parent)
        self.codes.append(
            codebook.create_code(access=self.access, name=f"N{a}", parent=self.at(parent))
        )

    def rename(self, a: int, b: int) -> None:
        self.expected = self.model.rename(self.pick(a), f"N{b}")
        row = self.row(a)
        codebook.change_code(
            access=self.access,
            code=row,
            name=f"N{b}",
            parent=row.parent,
            definition=row.definition,
            colour=row.colour,
            heading_only=False,
        )

    def move(self, a: int, b: int) -> None:
        parent = self.below(b)
        self.expected = self.model.move(self.pick(a), parent)
        codebook.move_code(
            access=self.access, code=self.row(a), parent=self.at(parent), before=None
        )

    def merge(self, a: int, b: int) -> None:
        self.expected = self.model.merge(self.pick(a), self.pick(b))
        codebook.merge_codes(access=self.access, code=self.row(a), into=self.codes[self.pick(b)])

    # Mostly of what was merged: any code would hardly ever be one.

    def unmerge(self, a: int, _b: int) -> None:
        merged = [i for i, node in enumerate(self.model.nodes) if node.into is not None]
        at = merged[a % len(merged)] if merged else self.pick(a)
        self.expected = self.model.unmerge(at)
        codebook.undo_merge(access=self.access, code=self.row(at))

    def remerge(self, a: int, _b: int) -> None:
        likely = sorted(self.model.undone)
        at = likely[a % len(likely)] if likely else self.pick(a)
        self.expected = self.model.remerge(at)
        codebook.redo_merge(access=self.access, code=self.row(at))

    def bring_in(self, a: int, b: int) -> None:
        """The import of a table; of none where some of its rows would be left out."""
        place, row, n = self.below(b), self.row(a), len(self.model.imports)
        above = "" if place is None else self.codes[place].key
        table = (
            "code,name,parent,definition\n"
            f"{row.key},{row.name},{above},Meaning {n}\n"
            f"file_{n},F{b},{row.key},Meaning {n}\n"
        )
        rows = read_codebook_file(table.encode(), "book.csv").rows
        plan = plan_codebook(rows, known_codes(self.access), "book.csv")
        if plan.conflicts:
            return
        batch = uuid.uuid4()
        import_codebook(
            access=self.access,
            rows=rows,
            file="book.csv",
            with_changes=True,
            digest=plan.digest,
            batch=batch,
        )
        self.model.bring_in(self.pick(a), place, f"Meaning {n}", f"F{b}")
        self.codes.append(Code.objects.get(project=self.access.project, key=f"file_{n}"))
        self.batches.append(batch)

    def take_out(self, a: int, _b: int) -> None:
        if self.batches:
            self.expected = self.model.take_out(a % len(self.batches))
            codebook.undo_import(access=self.access, batch=self.batches[a % len(self.batches)])

    def retire(self, a: int, _b: int) -> None:
        self.expected = self.model.retire(self.pick(a))
        codebook.retire_code(access=self.access, code=self.row(a))

    def bring_back(self, a: int, _b: int) -> None:
        self.expected = self.model.bring(self.pick(a))
        codebook.bring_back_code(access=self.access, code=self.row(a))

    def freeze(self, _a: int, _b: int) -> None:
        self.model.freeze()
        self.versions.append(codebook.freeze(access=self.access, name="V"))

    def restore(self, a: int, _b: int) -> None:
        if self.versions:
            self.model.restore(a % len(self.versions))
            version = self.versions[a % len(self.versions)]
            self.versions.append(codebook.restore(access=self.access, version=version))

    # --- its passages ---

    def code(self, a: int, b: int) -> None:
        node = self.model.nodes[self.pick(a)]
        self.expected = not node.retired and not node.gone and not self.model.source_gone
        self.add_coding(self.pick(a), b)

    def uncode(self, a: int, b: int) -> None:
        if not self.model.codings:
            return
        self.expected = not self.model.source_gone
        pk = sorted(self.model.codings)[a % len(self.model.codings)]
        codings.remove_coding(access=self.access, coding=Coding.objects.get(pk=pk))
        its = self.model.nodes[self.model.codings[pk][0]]
        if b % 2 == 0:
            # Brought back at once, nothing has happened; but not below a code that is away.
            codings.undo(access=self.access, source=self.source)
        if b % 2 or its.into is not None or its.gone:
            del self.model.codings[pk]

    # --- the trash ---

    def remove(self, a: int, _b: int) -> None:
        self.expected = self.model.trash(self.pick(a))
        trash.remove_code(access=self.access, code=self.row(a))

    def fetch(self, a: int, b: int) -> None:
        """Out of the trash; also from the line of history, which must come to the same."""
        row = self.row(a)
        self.expected = self.model.untrash(self.pick(a))
        lines = Event.objects.filter(verb="code.removed", object_guid=row.guid).order_by("-id")
        line = lines.first() if b % 2 == 0 and row.removed_at is not None else None
        if line is None:
            trash.restore_code(access=self.access, code=row)
        else:
            undo_event(access=self.access, event=line)

    def remove_source(self, _a: int, _b: int) -> None:
        self.expected = not self.model.source_gone
        self.model.source_gone = True
        trash.remove_source(access=self.access, source=self.source)

    def fetch_source(self, _a: int, _b: int) -> None:
        self.expected = self.model.source_gone
        self.model.source_gone = False
        trash.restore_source(access=self.access, source=self.source)

    def agree(self) -> None:
        project, nodes, made = self.access.project, self.model.nodes, self.model.codings
        place = {code.pk: i for i, code in enumerate(self.codes)}
        rows = Code.objects.filter(project=project).order_by("pk")
        assert [
            (
                row.name,
                None if row.parent_id is None else place[row.parent_id],
                row.retired_at is not None,
                None if row.merged_into_id is None else place[row.merged_into_id],
                row.removed_at is not None,
                row.definition,
            )
            for row in rows
        ] == [(n.name, n.parent, n.retired, n.into, n.gone > 0, n.definition) for n in nodes]
        there = Coding.objects.present().filter(source__project=project)
        assert {c.pk: (place[c.code_id], c.start) for c in there} == made
        seen = {pk for pk, (at, _) in made.items() if not nodes[at].gone}
        assert {c.pk for c in queries.visible_codings(self.access)} == (
            set() if self.model.source_gone else seen
        )
        # Every code is reached from the top: the tree has no loop, and nothing hangs on what is
        # gone.
        here = sum(not node.gone for node in nodes)
        assert len(queries.codebook(self.access, merged=True)) == here
