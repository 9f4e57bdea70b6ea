from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"

    def ready(self) -> None:
        # Needs the models to be there.
        from cases import subjects  # noqa: PLC0415

        subjects.register()
