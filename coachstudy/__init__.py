"""How it is wired. No rule of the domain lives here."""

# Tasks that the web process sends must find the configured application, not Celery's default one.
from coachstudy.celery import app as celery_app

__all__ = ["celery_app"]
