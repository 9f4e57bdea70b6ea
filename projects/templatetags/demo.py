"""The demo log-ins, shown on the log-in page of a demo and nowhere else."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def demo_logins() -> list[tuple[str, str]]:
    return list(settings.DEMO_LOGINS) if settings.DEMO else []


@register.simple_tag
def demo_password() -> str:
    return settings.DEMO_PASSWORD if settings.DEMO else ""
