from django.apps import AppConfig


class CodingConfig(AppConfig):
    name = "coding"

    def ready(self) -> None:
        # Registers itself on being imported, which needs the models to be there.
        from coding import queries, signals  # noqa: F401, PLC0415
        from projects.queries import keep_back  # noqa: PLC0415

        keep_back(lines=queries.hidden_events, figures=queries.hidden_figures)
