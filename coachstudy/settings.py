"""Settings, in one file, from the environment.

Without any variable this is the embedded default: SQLite, a file-system broker and every file under
one data folder. A team server sets COACHSTUDY_DATABASE_URL and COACHSTUDY_BROKER_URL. A value that
makes no sense stops the start with a sentence; it is never guessed around.
"""

from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from kombu import Exchange, Queue

from coachstudy.broker import transport_options
from coachstudy.env import env_bool, env_int, env_list, env_secret, env_secrets, env_str

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env_str("COACHSTUDY_DATA", str(BASE_DIR / "var"))).resolve()

VERSION = "0.1.0"

# --- How it runs ---------------------------------------------------------------------------------

DEBUG = env_bool("COACHSTUDY_DEBUG", False)
DATABASE_URL = env_str("COACHSTUDY_DATABASE_URL")
EMBEDDED = not DATABASE_URL or DATABASE_URL.startswith("sqlite")
# Demo log-ins are public knowledge: they exist only where this is switched on.
DEMO = env_bool("COACHSTUDY_DEMO", False)
SECRET_KEY = env_secret("COACHSTUDY_SECRET_KEY", DATA_DIR / "secret_key" if EMBEDDED else None)
# Encrypt what few may see (coding.sealing): the first one encrypts, all of them decrypt. Without
# any, the keys are made from the secret key.
FIELD_KEYS = env_secrets("COACHSTUDY_FIELD_KEY")
# HTTPS ends at a proxy in front; without it cookies must travel over plain HTTP on this machine.
HTTPS = env_bool("COACHSTUDY_HTTPS", False)
ALLOWED_HOSTS = env_list("COACHSTUDY_ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env_list("COACHSTUDY_TRUSTED_ORIGINS", [])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "rest_framework",
    "projects",
    "coding",
    "cases",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "projects.middleware.ProjectAccessMiddleware",
]

ROOT_URLCONF = "coachstudy.urls"
WSGI_APPLICATION = "coachstudy.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- Data ----------------------------------------------------------------------------------------

DATABASES: dict[str, Any]
if EMBEDDED:
    # Measured: with Django's defaults most concurrent read-then-write transactions fail with
    # "database is locked"; with these none does. FULL, because an acknowledged coding must survive
    # a power cut.
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATABASE_URL.removeprefix("sqlite:///") or DATA_DIR / "coachstudy.sqlite3",
            "CONN_MAX_AGE": 60,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA mmap_size=268435456;"
                    " PRAGMA cache_size=-20000; PRAGMA temp_store=MEMORY;"
                    " PRAGMA journal_size_limit=67108864;"
                ),
            },
        }
    }
else:
    DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=60)}
    if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured(
            "COACHSTUDY_DATABASE_URL must begin with postgres:// or sqlite:///."
        )

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Uploads waiting for their job, and recordings. Never served by address: no MEDIA_URL leads here.
MEDIA_ROOT = Path(env_str("COACHSTUDY_MEDIA", str(DATA_DIR / "media")))
MEDIA_URL = "/nothing-is-served-from-here/"
FILE_UPLOAD_PERMISSIONS = 0o600
# Uploads that were checked but never imported are deleted after so many days.
UPLOAD_DAYS = env_int("COACHSTUDY_UPLOAD_DAYS", 7, 1, 365)
MAX_UPLOAD_MB = env_int("COACHSTUDY_MAX_UPLOAD_MB", 100, 1, 2000)
# Transcripts: how many at once (those in ZIPs too), and how large one may be.
MAX_TRANSCRIPTS = env_int("COACHSTUDY_MAX_TRANSCRIPTS", 200, 1, 700)
MAX_TRANSCRIPT_MB = env_int("COACHSTUDY_MAX_TRANSCRIPT_MB", 25, 1, 500)
# Each file of a request is an open file of the web process. Somewhat more than are taken, so that
# the page itself can say that they are too many.
DATA_UPLOAD_MAX_NUMBER_FILES = MAX_TRANSCRIPTS + 100
# Recordings of sources; streamed to members, in parts (coding/ranges.py).
MAX_AUDIO_MB = env_int("COACHSTUDY_MAX_AUDIO_MB", 500, 1, 4000)
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

CACHE_URL = env_str("COACHSTUDY_CACHE_URL")
if CACHE_URL.startswith(("redis://", "rediss://")):
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": CACHE_URL,
        }
    }
elif CACHE_URL:
    raise ImproperlyConfigured("COACHSTUDY_CACHE_URL must begin with redis:// or rediss://.")
elif EMBEDDED:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
else:
    # Log-in throttling must be shared by all web processes.
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "cache",
        }
    }

# --- Work in the background ----------------------------------------------------------------------

# The database is the ledger of long work, the broker only the bell (projects/jobs): no result
# back end, messages acknowledged after the work, one message per free hand.
CELERY_BROKER_URL = env_str("COACHSTUDY_BROKER_URL", "filesystem://localhost")
BROKER_KIND = CELERY_BROKER_URL.partition(":")[0]
# Whoever waits for a page does not wait long for a broker that is away: the sweep rings later.
SHORT_OF_PATIENCE = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1}
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any]
if BROKER_KIND in ("amqp", "amqps"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {"confirm_publish": True, **SHORT_OF_PATIENCE}
elif BROKER_KIND in ("redis", "rediss"):
    # What a killed worker held comes back after this; a message that comes twice does no harm.
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 20, **SHORT_OF_PATIENCE}
elif BROKER_KIND == "filesystem":
    CELERY_BROKER_TRANSPORT_OPTIONS = transport_options(DATA_DIR / "broker")
else:
    raise ImproperlyConfigured(
        "COACHSTUDY_BROKER_URL must begin with amqp://, amqps://, redis://, rediss:// or be"
        f" filesystem://, not with {BROKER_KIND!r}."
    )
# Somebody waits in front of the screen for the first queue; the second may take minutes.
CELERY_TASK_QUEUES = [
    Queue(
        name,
        # Without its own key each queue would hear the other's bell as well.
        Exchange("coachstudy", type="topic"),
        routing_key=name,
        queue_arguments={"x-queue-type": "quorum"} if BROKER_KIND[:4] == "amqp" else None,
    )
    for name in ("interactive", "long")
]
CELERY_TASK_DEFAULT_QUEUE = CELERY_TASK_DEFAULT_ROUTING_KEY = "interactive"
CELERY_TASK_DEFAULT_EXCHANGE = "coachstudy"
CELERY_TASK_DEFAULT_EXCHANGE_TYPE = "topic"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = env_int("COACHSTUDY_WORKER_PROCESSES", 3, 1, 64)
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = BROKER_KIND != "filesystem"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A heartbeat older than STALE means a dead runner; a job waits BELL seconds for its next bell.
JOB_STALE_SECONDS = env_int("COACHSTUDY_JOB_STALE_SECONDS", 30, 2, 3600)
JOB_BELL_SECONDS = env_int("COACHSTUDY_JOB_BELL_SECONDS", 20, 1, 3600)
JOB_SWEEP_SECONDS = env_int("COACHSTUDY_JOB_SWEEP_SECONDS", 5, 1, 600)
JOB_ATTEMPTS = env_int("COACHSTUDY_JOB_ATTEMPTS", 3, 1, 20)
# Where no beat process runs (the embedded default), the worker sweeps.
JOB_SWEEP_IN_WORKER = env_bool("COACHSTUDY_SWEEP_IN_WORKER", BROKER_KIND == "filesystem")
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"  # intervals only: nothing to keep in a file
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "projects.sweep",
        "schedule": JOB_SWEEP_SECONDS,
        "options": {"queue": "interactive", "expires": JOB_SWEEP_SECONDS},
    }
}

# --- People --------------------------------------------------------------------------------------

AUTH_USER_MODEL = "projects.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "projects:list"
ACCOUNT_ADAPTER = "projects.adapters.InvitationOnlyAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
INVITATION_DAYS = env_int("COACHSTUDY_INVITATION_DAYS", 14, 1, 365)

SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_AGE = env_int("COACHSTUDY_SESSION_HOURS", 24 * 14, 1, 24 * 365) * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "media-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- API -----------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["projects.api.ProjectPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "EXCEPTION_HANDLER": "projects.api.exception_handler",
}

# --- Words, numbers, files -----------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env_str("COACHSTUDY_TIME_ZONE", "UTC")
USE_TZ = True
USE_I18N = True
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(env_str("COACHSTUDY_STATIC", str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
# The embedded default has no collect step: files are read from where they lie.
WHITENOISE_USE_FINDERS = EMBEDDED
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if EMBEDDED
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env_str("COACHSTUDY_LOG_LEVEL", "WARNING")},
}

DEMO_LOGINS = [
    ("ruth@demo.example", "owner: everything, members included"),
    ("maria@demo.example", "coder: reads and codes"),
    ("tomas@demo.example", "coder: reads and codes"),
    ("viewer@demo.example", "viewer: reads only"),
]
DEMO_PASSWORD = "coaching-together"  # noqa: S105  (public on purpose; made only by load_demo)
