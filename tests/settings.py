"""Settings under test: as in production, but with quick passwords and a data folder of its own."""

import os
import tempfile

os.environ.setdefault("COACHSTUDY_DATA", tempfile.mkdtemp(prefix="coachstudy-test-"))
os.environ.setdefault("COACHSTUDY_SECRET_KEY", "only-for-tests-" + "x" * 40)

from coachstudy.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {  # noqa: F405
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
ACCOUNT_RATE_LIMITS = False
ALLOWED_HOSTS = ["*"]
if EMBEDDED:  # noqa: F405
    # A file, as in production: in memory, several connections lock each other out in another way.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}  # noqa: F405
    _OPTIONS = DATABASES["default"]["OPTIONS"]  # noqa: F405
    _OPTIONS["init_command"] = _OPTIONS["init_command"].replace(
        "synchronous=FULL", "synchronous=OFF"
    )
