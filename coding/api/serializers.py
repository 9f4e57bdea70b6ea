"""The shape of what the coding API takes in. Writing is the services' business."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from coding.subjects import Ref, parse


class CodingIn(serializers.Serializer):  # type: ignore[type-arg]
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    quote = serializers.CharField(trim_whitespace=False)
    codes = serializers.ListField(child=serializers.IntegerField(), min_length=1, max_length=50)
    key = serializers.UUIDField(required=False, allow_null=True, default=None)


class CodingChangeIn(serializers.Serializer):  # type: ignore[type-arg]
    """Other borders (all three fields), another code, or both."""

    start = serializers.IntegerField(required=False)
    end = serializers.IntegerField(required=False)
    quote = serializers.CharField(required=False, trim_whitespace=False)
    code = serializers.IntegerField(required=False)
    key = serializers.UUIDField(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        borders = [name for name in ("start", "end", "quote") if name in attrs]
        missing = {"start", "end", "quote"} - set(borders)
        if borders and missing:
            sentence = _("Other borders need start, end and quote together.")
            raise serializers.ValidationError(dict.fromkeys(sorted(missing), sentence))
        if not borders and "code" not in attrs:
            raise serializers.ValidationError(
                {"code": _("Say what to change: start, end and quote, or code.")}
            )
        return attrs


class NoteIn(serializers.Serializer):  # type: ignore[type-arg]
    # White space around it is the service's business, and so is the longest memo.
    text = serializers.CharField(trim_whitespace=False, allow_blank=True)
    key = serializers.UUIDField(required=False, allow_null=True, default=None)


class RefField(serializers.CharField):
    """What a memo is about or points to: ``code:<guid>``."""

    def to_internal_value(self, data: Any) -> Ref:  # type: ignore[override]
        ref = parse(super().to_internal_value(data))
        if ref is None:
            raise serializers.ValidationError(
                _("“%(value)s” names nothing; write for example code: and its guid.")
                % {"value": str(data)[:60]}
            )
        return ref


class NoteChangeIn(serializers.Serializer):  # type: ignore[type-arg]
    """What is left out stays as it is."""

    text = serializers.CharField(trim_whitespace=False, allow_blank=True, default=None)
    title = serializers.CharField(allow_blank=True, default=None)
    kind = serializers.CharField(allow_blank=True, default=None)
    links = serializers.ListField(child=RefField(), default=None)
    key = serializers.UUIDField(required=False, allow_null=True, default=None)

    def validate_links(self, value: list[Ref] | None) -> tuple[Ref, ...] | None:
        return None if value is None else tuple(value)


class NoteAboutIn(NoteChangeIn):
    about = RefField()
    text = serializers.CharField(trim_whitespace=False, allow_blank=True)
    title = serializers.CharField(allow_blank=True, default="")
    kind = serializers.CharField(allow_blank=True, default="")
    links = serializers.ListField(child=RefField(), default=list)


class KeyIn(serializers.Serializer):  # type: ignore[type-arg]
    key = serializers.UUIDField(required=False, allow_null=True, default=None)


class StepIn(KeyIn):
    # The action that is meant; without it the last one.
    of = serializers.UUIDField(required=False, allow_null=True, default=None)


class CodeIn(serializers.Serializer):  # type: ignore[type-arg]
    name = serializers.CharField(max_length=200)
    parent = serializers.IntegerField(required=False, allow_null=True, default=None)
    definition = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=10_000
    )


class FinishedIn(serializers.Serializer):  # type: ignore[type-arg]
    finished = serializers.BooleanField()


class SinceIn(serializers.Serializer):  # type: ignore[type-arg]
    since = serializers.IntegerField(min_value=0, max_value=2**63 - 1, default=0)
    # The page has lost its way and wants all there is.
    all = serializers.BooleanField(default=False)
    # The page is in the background: nobody is reading it.
    away = serializers.BooleanField(default=False)
    # A new CSRF token is wanted, after somebody has logged in again in another tab.
    token = serializers.BooleanField(default=False)
