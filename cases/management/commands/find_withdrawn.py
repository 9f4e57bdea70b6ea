"""After a backup was restored: which participants in it had withdrawn, by numbers of receipts."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cases.services.withdrawal.removal import receipt_number
from coding.models import Participant


class Command(BaseCommand):
    help = "Finds participants who had withdrawn, by the numbers of their receipts."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("numbers", nargs="+", help="numbers of receipts")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = {number.strip().lower() for number in options["numbers"]}
        found = 0
        people = Participant.objects.select_related("project").order_by("project", "key")
        for person in people.iterator(chunk_size=500):
            if str(receipt_number(person)) in wanted:
                found += 1
                self.stdout.write(f"{person.project.title}: {person.key} ({person.pseudonym})")
        if not found:
            raise CommandError("None of these numbers is that of a participant here.")
