#!/usr/bin/env python3
"""Commands: `python manage.py help`."""

import os
import sys

NEEDED = (3, 11)


def main() -> None:
    if sys.version_info < NEEDED:
        sys.exit("coachstudy needs Python %d.%d or newer." % NEEDED)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coachstudy.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Django is not installed here. `make demo` makes an environment that has it.")
    try:
        from django.conf import settings

        settings.INSTALLED_APPS  # noqa: B018  (reads the settings, so that a mistake shows here)
    except ImproperlyConfigured as mistake:
        sys.exit(f"The settings are wrong: {mistake}")
    except OSError as trouble:
        sys.exit(f"The data folder cannot be used: {trouble}. COACHSTUDY_DATA names another.")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
