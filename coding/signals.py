"""A file that belongs to a row goes with the row, however that is deleted: also with its source."""

from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from coding.models import Recording


@receiver(post_delete, sender=Recording)
def delete_file(sender: type[Recording], instance: Recording, **_more: Any) -> None:
    """After the commit only: what is rolled back must find its file again."""
    storage, name = instance.file.storage, instance.file.name
    if name:
        transaction.on_commit(lambda: storage.delete(name))
