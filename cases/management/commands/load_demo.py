"""The demo study and its log-ins. Run it as often as you like: what is there stays as it is."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from cases import queries
from cases.core.archives import open_directory
from cases.core.study_folder import read_study
from cases.services.importing import import_study
from projects.access import resolve
from projects.models import Event, Membership, Role, User
from projects.services.events import record_for
from projects.services.membership import create_project

STUDY = "demo/study"
TITLE = "Two coach teams (demo, synthetic)"
DESCRIPTION = (
    "How do two district coach teams get to the same process gains by different routes? "
    "Shaped like, and not data of, Galey-Horn (2020): districts, people and words are invented."
)
PEOPLE = [
    ("ruth@demo.example", "Ruth", Role.OWNER, None),
    ("maria@demo.example", "Maria", Role.CODER, "maria"),
    ("tomas@demo.example", "Tomás", Role.CODER, "tomas"),
    ("viewer@demo.example", "Vic", Role.VIEWER, None),
]


class Command(BaseCommand):
    help = "Load the synthetic demo study and its log-ins (only where COACHSTUDY_DEMO is on)."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Demo log-ins are public: set COACHSTUDY_DEMO=1 where that is fine.")
        owner = User.objects.filter(email=PEOPLE[0][0]).first()
        # By its import, not by its title, which anybody may change.
        if owner and Event.objects.filter(verb="study.imported", label=STUDY, actor=owner).exists():
            self.stdout.write("The demo study is there already; it was left as it is.")
            return
        with transaction.atomic():
            counts = self._load()
        listing = ", ".join(f"{n} {name}" for name, n in counts.items())
        self.stdout.write(f"Loaded the demo study: {listing}.")

    def _load(self) -> dict[str, int]:
        users = {
            email: User.objects.filter(email=email).first()
            or User.objects.create_user(email, settings.DEMO_PASSWORD, display_name=name)
            for email, name, _role, _coder in PEOPLE
        }
        owner = users[PEOPLE[0][0]]
        project = create_project(user=owner, title=TITLE, description=DESCRIPTION, synthetic=True)
        coders: dict[str, int | None] = {}
        for email, name, role, coder in PEOPLE[1:]:
            member = Membership.objects.create(
                project=project, user=users[email], label=name, role=role
            )
            record_for(project, users[email], "member.joined", member, after={"role": role})
            if coder:
                coders[coder] = member.pk
        access = resolve(owner, project.pk)
        folder = open_directory(settings.BASE_DIR / "demo" / "study")
        plan = read_study(folder, queries.existing(access))
        if not plan.ok:
            raise CommandError("\n".join(str(problem) for problem in plan.problems))
        return import_study(access=access, plan=plan, folder=folder, coders=coders, name=STUDY)
