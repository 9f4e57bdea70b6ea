"""The shape of what the coding API takes in. Writing is the services' business."""

from rest_framework import serializers


class CodingIn(serializers.Serializer):  # type: ignore[type-arg]
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    quote = serializers.CharField(trim_whitespace=False)
    codes = serializers.ListField(child=serializers.IntegerField(), min_length=1, max_length=50)
    key = serializers.UUIDField(required=False, allow_null=True, default=None)


class KeyIn(serializers.Serializer):  # type: ignore[type-arg]
    key = serializers.UUIDField(required=False, allow_null=True, default=None)


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
