"""The web application, for an ASGI server. Pages and API are measured quicker over WSGI."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "coachstudy.settings")

application = get_asgi_application()
