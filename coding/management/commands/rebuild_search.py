"""Make the search index anew, for instance after the rule for words has changed."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from coding import search
from coding.models import Source


class Command(BaseCommand):
    help = "Build the search index anew, source by source; searching goes on meanwhile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--project", type=int, help="number of one project; without it: all")

    def handle(self, *args: Any, **options: Any) -> None:
        sources = Source.objects.order_by("pk")
        if options["project"] is not None:
            sources = sources.filter(project=options["project"])
        ids = list(sources.values_list("pk", flat=True))
        turns = search.rebuild(ids)
        self.stdout.write(f"Indexed {turns} turns of {len(ids)} sources.")
