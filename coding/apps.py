from django.apps import AppConfig


class CodingConfig(AppConfig):
    name = "coding"

    def ready(self) -> None:
        # Registers itself on being imported, which needs the models to be there.
        from coding import signals  # noqa: F401, PLC0415
