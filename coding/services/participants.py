"""Making and changing participants. Their real names are sealed, and history never tells them."""

import unicodedata
import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from coding.models import Participant
from coding.sealing import Unreadable, seal, unseal
from projects.access import Access
from projects.models import Project
from projects.services.events import record

CONSENTS = ("consent_use", "consent_quote", "consent_archive", "consent_network")
FIELDS = ("key", "pseudonym", "role", *CONSENTS)
LONGEST_NAME = 200


@transaction.atomic
def create_participant(
    *,
    access: Access,
    key: str,
    pseudonym: str = "",
    role: str = "",
    consent_use: bool | None = None,
    consent_quote: bool | None = None,
    consent_archive: bool | None = None,
    consent_network: bool | None = None,
    real_name: str = "",
    batch: uuid.UUID | None = None,
) -> Participant:
    """Somebody new. Without a pseudonym the id is the name that everybody sees."""
    access.require("edit_participants")
    # One writer of people at a time: ids must differ in more than case.
    Project.objects.select_for_update().get(pk=access.project.pk)
    person = Participant(
        project=access.project,
        consent_use=consent_use,
        consent_quote=consent_quote,
        consent_archive=consent_archive,
        consent_network=consent_network,
    )
    _name(person, key, pseudonym, role)
    told = _rename(access, person, real_name)
    _check(person)
    person.save()
    record(access, "participant.created", person, after=_state(person) | told, batch=batch)
    return person


@transaction.atomic
def change_participant(
    *,
    access: Access,
    participant: Participant,
    key: str,
    pseudonym: str,
    role: str,
    consent_use: bool | None,
    consent_quote: bool | None,
    consent_archive: bool | None,
    consent_network: bool | None,
    real_name: str | None = None,
    batch: uuid.UUID | None = None,
) -> Participant:
    """Change somebody; ``real_name`` None leaves it as it is, also where it cannot be opened.

    A consent acts at once: everything that asks for it reads the row.
    """
    access.require("edit_participants")
    Project.objects.select_for_update().get(pk=access.project.pk)
    person = Participant.objects.get(pk=participant.pk, project=access.project)
    before = _state(person)
    _name(person, key, pseudonym, role)
    person.consent_use, person.consent_quote = consent_use, consent_quote
    person.consent_archive, person.consent_network = consent_archive, consent_network
    told = _rename(access, person, real_name) if real_name is not None else {}
    _check(person)
    after = _state(person) | told
    if before != after:
        person.save()
        record(access, "participant.changed", person, before=before, after=after, batch=batch)
    return person


def _name(person: Participant, key: str, pseudonym: str, role: str) -> None:
    # Letters however composed are the same id, as in a study folder.
    person.key = unicodedata.normalize("NFC", key.strip())
    person.pseudonym = unicodedata.normalize("NFC", " ".join(pseudonym.split())) or person.key
    person.role = " ".join(role.split())


def _rename(access: Access, person: Participant, real_name: str) -> dict[str, str]:
    """Seal the real name; what history may tell of it. Equal names are no change."""
    name = " ".join(real_name.split())
    if not name and not person.real_name_sealed:
        return {}
    access.require("see_identities")
    if len(name) > LONGEST_NAME:
        raise ValidationError(
            {"real_name": _("A real name has at most %(n)s characters here.") % {"n": LONGEST_NAME}}
        )
    if name and name.casefold() in (person.key.casefold(), person.pseudonym.casefold()):
        raise ValidationError(
            {
                "pseudonym": _(
                    "Everybody sees the id and the pseudonym: neither can be the real name."
                )
            }
        )
    try:
        if unseal(person.real_name_sealed) == name:
            return {}
    except Unreadable:
        # The old one is lost to this program; a new one may take its place, an empty one may not.
        if not name:
            return {}
    person.real_name_sealed = seal(name)
    return {"real_name": _("changed") if name else _("removed")}


def _check(person: Participant) -> None:
    if not person.key:
        raise ValidationError({"key": _("A participant needs an id.")})
    if not person.key.isprintable():
        raise ValidationError({"key": _("An id is one line of characters that can be seen.")})
    others = Participant.objects.filter(project_id=person.project_id).exclude(pk=person.pk)
    # Compared here: speaker labels are compared without regard to case, so ids are, too.
    for other in others.values_list("key", flat=True):
        if other.casefold() == person.key.casefold():
            raise ValidationError(
                {"key": _("There is already a participant “%(key)s”.") % {"key": other}}
            )
    person.full_clean(exclude=["project", *CONSENTS])


def _state(person: Participant) -> dict[str, Any]:
    return {name: getattr(person, name) for name in FIELDS}
