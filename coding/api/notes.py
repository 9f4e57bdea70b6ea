"""JSON for memos: on a passage, as the reader asks for them, and about anything."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from coding import queries, subjects
from coding.api.serializers import NoteAboutIn, NoteChangeIn, NoteIn
from coding.api.views import CodingAPIView
from coding.notebook import Memo, memos, newest_first, refs_of, with_thing
from coding.services import notes
from coding.services.codings import Outcome

PAGE = 50


class NotesAPIView(CodingAPIView):
    def shown(self, memo: Memo) -> dict[str, Any]:
        note = memo.note
        return {
            "id": note.pk,
            "guid": str(note.guid),
            "about": str(memo.about.ref),
            "name": memo.about.name,
            "kind": note.kind,
            "title": note.title,
            "text": note.text,
            "links": [
                {"to": str(link.ref), "name": link.place.name if link.place else None}
                for link in memo.links
            ],
            "mentions": list(memo.mentions),
            "author": note.author.label,
            "at": note.created_at,
            "changed": note.updated_at,
            "may_change": memo.may_change,
        }

    def one(self, outcome: Outcome, code: int = 200) -> Response:
        """What became of one memo; with the state of its passage, where it is on one."""
        note = outcome.note
        shown = memos(self.access, [note]) if note and note.removed_at is None else []
        body = {"message": outcome.message, "note": self.shown(shown[0]) if shown else None}
        if note is None or note.coding is None:
            return Response(body, status=code)
        answer = self.answer(note.coding.source, outcome, code)
        answer.data |= body
        return answer


class Notes(NotesAPIView):
    """All memos that one may see, newest first, 50 on a page; with ``about`` those of one thing."""

    def get(self, request: Request, project_id: int) -> Response:
        rows = queries.visible_notes(self.access)
        if asked := request.query_params.get("about"):
            ref = subjects.parse(asked)
            if ref is None or subjects.place(self.access, ref) is None:
                raise Http404
            rows = rows.filter(with_thing(refs_of(self.access, ref))).distinct()
        page = Paginator(newest_first(rows), PAGE).get_page(request.query_params.get("page"))
        body = {
            "notes": [self.shown(memo) for memo in memos(self.access, list(page))],
            "count": page.paginator.count,
            "pages": page.paginator.num_pages,
        }
        return Response(body)

    def post(self, request: Request, project_id: int) -> Response:
        self.access.require("code")
        data = self.data(NoteAboutIn)
        ref = data["about"]
        if subjects.place(self.access, ref) is None:
            raise Http404
        outcome = notes.create(
            access=self.access,
            about=ref,
            text=data["text"],
            title=data["title"],
            kind=data["kind"],
            links=data["links"],
            batch=data["key"],
        )
        return self.one(outcome, status.HTTP_201_CREATED)


class CodingNotes(NotesAPIView):
    def get(self, request: Request, project_id: int, coding_id: int) -> Response:
        coding = queries.coding(self.access, coding_id)
        rows = queries.coding_notes(self.access, coding)
        return Response({"notes": [self.short(row) for row in rows]})

    def post(self, request: Request, project_id: int, coding_id: int) -> Response:
        coding = queries.coding(self.access, coding_id)
        data = self.data(NoteIn)
        outcome = notes.add_note(
            access=self.access, coding=coding, text=data["text"], batch=data["key"]
        )
        return self.answer(coding.source, outcome, status.HTTP_201_CREATED)

    def short(self, row: Any) -> dict[str, Any]:
        own = row.author_id == self.access.membership.pk
        return {
            "id": row.pk,
            "kind": row.get_kind_display() if row.kind else "",
            "title": row.title,
            "text": row.text,
            "author": row.author.label,
            "at": row.created_at,
            "changed": row.updated_at,
            "may_change": self.access.may["code"]
            and (own or self.access.may["change_others_notes"]),
        }


class NoteDetail(NotesAPIView):
    def patch(self, request: Request, project_id: int, note_id: int) -> Response:
        note = queries.note(self.access, note_id)
        self.access.require("code")
        data = self.data(NoteChangeIn)
        words = notes.Words(data["text"], data["title"], data["kind"], data["links"])
        outcome = notes.change(access=self.access, note=note, words=words, batch=data["key"])
        return self.one(outcome)

    def delete(self, request: Request, project_id: int, note_id: int) -> Response:
        note = queries.note(self.access, note_id)
        outcome = notes.remove(access=self.access, note=note, batch=self.key_of_query())
        return self.one(outcome)
