"""Import a study folder or ZIP from the command line, with the checks of the browser's import."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.http import Http404

from cases import queries
from cases.core.archives import ArchiveProblem, open_directory, open_zip
from cases.core.study_folder import Existing, read_study
from cases.services.importing import import_study
from cases.tasks import limits
from projects.access import Access, resolve
from projects.models import User
from projects.services.membership import create_project


class Command(BaseCommand):
    help = "Import a study folder (or ZIP) into a project: everything, or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="the folder or the ZIP file")
        parser.add_argument("--as", dest="email", required=True, help="e-mail of who imports")
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("--project", type=int, help="number of an existing project")
        where.add_argument("--new", metavar="TITLE", help="make a project with this title")
        parser.add_argument("--synthetic", action="store_true", help="with --new: invented data")
        parser.add_argument("--dry-run", action="store_true", help="check only, store nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["path"]
        user = User.objects.filter(email__iexact=options["email"]).first()
        if user is None:
            raise CommandError(f"There is no account with the address {options['email']}.")
        access = None if options["new"] is not None else self._access(user, options["project"])
        try:
            folder = open_directory(path, limits()) if path.is_dir() else open_zip(path, limits())
            plan = read_study(folder, queries.existing(access) if access else Existing())
        except (ArchiveProblem, OSError) as problem:
            raise CommandError(str(problem)) from None
        for note in plan.notes:
            self.stdout.write(f"note: {note}")
        for fault in plan.problems:
            self.stderr.write(str(fault))
        if not plan.ok:
            raise CommandError("The folder has problems; nothing was imported.")
        if options["dry_run"]:
            counts = {
                name: len(getattr(plan, name))
                for name in ("cases", "participants", "documents", "codes", "codings")
            }
            self.stdout.write(f"Would create {_listing(counts)}.")
            return
        try:
            with transaction.atomic():
                # A project that is made for this import comes with it, or not at all.
                access = access or self._new_project(user, options)
                counts = import_study(
                    access=access, plan=plan, folder=folder, coders={}, name=path.name
                )
        except ValidationError as refused:
            raise CommandError(" ".join(refused.messages)) from None
        except PermissionDenied as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"Created {_listing(counts)} in project {access.project.pk}.")

    def _new_project(self, user: User, options: dict[str, Any]) -> Access:
        project = create_project(user=user, title=options["new"], synthetic=options["synthetic"])
        return resolve(user, project.pk)

    def _access(self, user: User, project_id: int) -> Access:
        try:
            return resolve(user, project_id)
        except Http404:
            raise CommandError(
                f"There is no project {project_id} that {user.email} belongs to."
            ) from None


def _listing(counts: dict[str, int]) -> str:
    return ", ".join(f"{n:,} {name}" for name, n in counts.items())
