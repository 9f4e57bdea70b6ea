"""The web application, for a WSGI server."""

import os

from django.core.wsgi import get_wsgi_application

from coachstudy.processes import follow_supervisor

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coachstudy.settings")

application = get_wsgi_application()
follow_supervisor()
