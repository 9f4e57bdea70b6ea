"""JSON for the coding page: codings of a source, undo and redo, codes, finished."""

from typing import Any

from django.http import Http404
from django.middleware.csrf import get_token
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from coding import queries
from coding.api.serializers import (
    CodeIn,
    CodingChangeIn,
    CodingIn,
    FinishedIn,
    KeyIn,
    SinceIn,
    StepIn,
)
from coding.services import changes, codebook, codings, presence, readings
from coding.services.codings import Outcome, StateConflict
from projects.access import Access
from projects.api import Conflict


class CodingAPIView(APIView):
    @property
    def access(self) -> Access:
        return self.request.access  # type: ignore[attr-defined,no-any-return]

    def data(self, serializer: type[serializers.Serializer]) -> dict[str, Any]:  # type: ignore[type-arg]
        checked = serializer(data=self.request.data)
        checked.is_valid(raise_exception=True)
        return dict(checked.validated_data)

    def answer(self, source: Any, outcome: Outcome, code: int = 200) -> Response:
        body = {
            "added": [c.as_row() for c in outcome.added],
            "codings": [c.as_row() for c in outcome.added],
            "removed": outcome.removed,
            "notes": queries.note_counts(self.access, source, outcome.noted)
            if outcome.noted
            else [],
            "message": outcome.message,
            **queries.undo_state(self.access, source).as_json(),
        }
        return Response(body, status=code)

    def key_of_query(self) -> Any:
        """The client's key of a DELETE, which has no body."""
        checked = KeyIn(data={"key": self.request.query_params.get("key") or None})
        checked.is_valid(raise_exception=True)
        return checked.validated_data["key"]

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, StateConflict):
            exc = Conflict(exc.code, " ".join(exc.messages))
        return super().handle_exception(exc)


class SourceCodings(CodingAPIView):
    def get(self, request: Request, project_id: int, source_id: int) -> Response:
        source = queries.source(self.access, source_id)
        return Response(
            {
                "codings": queries.coding_rows(self.access, source),
                **queries.undo_state(self.access, source).as_json(),
            }
        )

    def post(self, request: Request, project_id: int, source_id: int) -> Response:
        source = queries.source(self.access, source_id)
        data = self.data(CodingIn)
        outcome = codings.add_codings(
            access=self.access,
            source=source,
            start=data["start"],
            end=data["end"],
            quote=data["quote"],
            codes=queries.codes(self.access, data["codes"]),
            batch=data["key"],
        )
        return self.answer(source, outcome, status.HTTP_201_CREATED)


class CodingDetail(CodingAPIView):
    def patch(self, request: Request, project_id: int, coding_id: int) -> Response:
        coding = queries.coding(self.access, coding_id)
        # Before the body is looked at: who may not is told so, whatever they sent.
        self.access.require("code")
        data = self.data(CodingChangeIn)
        code = queries.code(self.access, data["code"]) if "code" in data else None
        if "start" in data:
            outcome = codings.change_coding(
                access=self.access,
                coding=coding,
                start=data["start"],
                end=data["end"],
                quote=data["quote"],
                code=code,
                batch=data["key"],
            )
        else:
            outcome = codings.recode(
                access=self.access, coding=coding, code=code, batch=data["key"]
            )
        return self.answer(coding.source, outcome)

    def delete(self, request: Request, project_id: int, coding_id: int) -> Response:
        coding = queries.coding(self.access, coding_id)
        outcome = codings.remove_coding(
            access=self.access, coding=coding, batch=self.key_of_query()
        )
        return self.answer(coding.source, outcome)


class CodingExample(CodingAPIView):
    """Is this passage an example of the code that it has? Sent twice, it is so once."""

    def put(self, request: Request, project_id: int, coding_id: int) -> Response:
        coding = queries.coding(self.access, coding_id)
        codebook.add_example(access=self.access, code=coding.code, coding=coding)
        return self._answer(coding, _("An example of “%(code)s” now."))

    def delete(self, request: Request, project_id: int, coding_id: int) -> Response:
        coding = queries.coding(self.access, coding_id)
        codebook.remove_example(access=self.access, code=coding.code, coding=coding)
        return self._answer(coding, _("No longer an example of “%(code)s”."))

    def _answer(self, coding: Any, sentence: str) -> Response:
        rows = queries.example_rows(self.access, coding.source)
        return Response({"examples": rows, "message": sentence % {"code": coding.code.name}})


class Undo(CodingAPIView):
    def post(self, request: Request, project_id: int, source_id: int) -> Response:
        source = queries.source(self.access, source_id)
        data = self.data(StepIn)
        outcome = codings.undo(access=self.access, source=source, batch=data["key"], of=data["of"])
        return self.answer(source, outcome)


class Redo(CodingAPIView):
    def post(self, request: Request, project_id: int, source_id: int) -> Response:
        source = queries.source(self.access, source_id)
        data = self.data(StepIn)
        outcome = codings.redo(access=self.access, source=source, batch=data["key"], of=data["of"])
        return self.answer(source, outcome)


class Codes(CodingAPIView):
    def post(self, request: Request, project_id: int) -> Response:
        self.access.require("create_codes")
        data = self.data(CodeIn)
        parent = None
        if data["parent"] is not None:
            parent = queries.code(self.access, data["parent"])
        code = codebook.create_code(
            access=self.access,
            name=data["name"],
            parent=parent,
            definition=data["definition"],
        )
        fields = ("id", "key", "name", "colour", "definition", "heading_only")
        body = {name: getattr(code, name) for name in fields} | {"parent": code.parent_id}
        return Response({"code": body}, status=status.HTTP_201_CREATED)


class Finished(CodingAPIView):
    def post(self, request: Request, project_id: int, source_id: int) -> Response:
        source = queries.source(self.access, source_id)
        done = readings.set_finished(
            access=self.access, source=source, finished=self.data(FinishedIn)["finished"]
        )
        message = (
            _("You have finished coding this source.")
            if done
            else _("You have not finished coding this source.")
        )
        return Response({"finished": done, "message": message})


class InTrash(NotFound):
    """As if it were not there; a reader that is open says why."""

    default_code = "in_trash"
    default_detail = gettext_lazy("This source has been put into the trash.")


class Changes(CodingAPIView):
    """What has happened since an event, and who is here: asked for every 1.5 s by every reader."""

    def get(self, request: Request, project_id: int, source_id: int) -> Response:
        try:
            source = queries.source(self.access, source_id)
        except Http404:
            if queries.in_trash(self.access, source_id):
                raise InTrash from None
            raise
        checked = SinceIn(data=request.query_params)
        checked.is_valid(raise_exception=True)
        wanted = checked.validated_data
        here = presence.refresh(self.access, None if wanted["away"] else source.pk)
        present = here.get(source.pk, [])
        if wanted["all"]:
            news = changes.everything(self.access, source)
        else:
            news = changes.since(self.access, source, wanted["since"])
        tag = news.tag(present)
        # Everything anew names no events, so its tag says nothing about what there is.
        quiet = not ((news.reset and not news.codes) or wanted["token"])
        if quiet and request.headers.get("If-None-Match") == tag:
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers={"ETag": tag})
        body = news.as_json() | {"present": present, "me": self.access.membership.pk}
        if wanted["token"]:
            body["token"] = get_token(request)
        return Response(body, headers={"ETag": tag, "Cache-Control": "no-store"})


class Presence(CodingAPIView):
    """Who is at work in which source, for the list of sources."""

    def get(self, request: Request, project_id: int) -> Response:
        readable = set(queries.visible_sources(self.access).values_list("pk", flat=True))
        here = presence.by_source(self.access)
        return Response({"present": {pk: who for pk, who in here.items() if pk in readable}})


class Rounds(CodingAPIView):
    def get(self, request: Request, project_id: int) -> Response:
        rows = queries.rounds(self.access)
        return Response({"rounds": [_round(row) for row in rows]})


class RoundDetail(CodingAPIView):
    """A round with its shares: for whoever codes blindly in it, their own alone. Finishing a source
    is the mark of the source (``finished``)."""

    def get(self, request: Request, project_id: int, round_id: int) -> Response:
        held = queries.round_(self.access, round_id)
        progress = queries.progress(self.access, held)
        shares = [
            {
                "source": line.source.pk,
                "coder": coder.pk,
                "finished": share.finished_at,
            }
            for line in progress.sources
            for coder, share in line.named
            if share is not None
        ]
        return Response({"round": _round(held), "blind": progress.blind, "shares": shares})


def _round(held: Any) -> dict[str, Any]:
    fields = ("id", "number", "name", "state", "unit", "threshold", "deadline", "codebook_id")
    return {
        **{name: getattr(held, name) for name in fields},
        "started": held.started_at,
        "opened": held.opened_at,
        "closed": held.closed_at,
    }
