#!/usr/bin/env python3
"""Commands: `python manage.py help`."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coachstudy.settings")
    try:
        # Here and not above: where Django is missing, a sentence is due instead of a traceback.
        from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415
        from django.core.management import execute_from_command_line  # noqa: PLC0415
    except ImportError:
        sys.exit("Django is not installed here. `make demo` makes an environment that has it.")
    try:
        from django.conf import settings  # noqa: PLC0415

        settings.INSTALLED_APPS  # noqa: B018  (reads the settings, so that a mistake shows here)
    except ImproperlyConfigured as mistake:
        sys.exit(f"The settings are wrong: {mistake}")
    except OSError as trouble:
        sys.exit(f"The data folder cannot be used: {trouble}. COACHSTUDY_DATA names another.")
    try:
        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
