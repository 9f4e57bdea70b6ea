"""Searches with a name, for the whole project."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from cases.models import SavedQuery
from projects.access import Access
from projects.models import Project
from projects.services.events import record


@transaction.atomic
def save_query(*, access: Access, name: str, query: str) -> SavedQuery:
    """Keep the query part of a search address under a name that is free in the project."""
    access.require("code")
    # One at a time, so that of two people who choose the same name one is told.
    Project.objects.select_for_update().get(pk=access.project.pk)
    name = " ".join(name.split())
    names = access.project.saved_queries.values_list("name", flat=True)
    # Compared here: databases differ in what they take for the same letter.
    if name.casefold() in {other.casefold() for other in names}:
        raise ValidationError(
            _("There is already a saved search “%(name)s”.") % {"name": name}, code="taken"
        )
    saved = SavedQuery(project=access.project, name=name, query=query, made_by=access.membership)
    saved.full_clean()
    saved.save()
    record(access, "query.saved", saved, after={"name": name, "query": query})
    return saved


@transaction.atomic
def remove_query(*, access: Access, saved: SavedQuery) -> None:
    """Forget a saved search. Coders remove their own, leads anybody's; removing twice is once."""
    access.require("code")
    current = access.project.saved_queries.select_for_update().filter(pk=saved.pk).first()
    if current is None:
        return
    if current.made_by_id != access.membership.pk and not access.may["edit_codebook"]:
        raise ValidationError(
            _("“%(name)s” was saved by %(who)s; only %(who)s or a lead may remove it.")
            % {"name": current.name, "who": current.made_by.label},
            code="not_yours",
        )
    record(access, "query.removed", current, before={"name": current.name, "query": current.query})
    current.delete()
