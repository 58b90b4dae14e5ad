"""Every setting, from the environment only, typed and checked when the process starts.

In production (`THROUGHLINE_ENV=production`) a missing or default secret, DEBUG or a plain-text address stops the start here;
an evicting Redis or a database role above the rules is refused by `coordination.guards` once both can be asked.
"""

import os
import tomllib
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from coordination.api_settings import *  # noqa: F403 - settings like those below
from coordination.house import *  # noqa: F403 - settings like those below
from coordination.logs import configure as configure_logs
from coordination.wiring import *  # noqa: F403 - settings like those below

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

ENVIRONMENT: str = env.str("THROUGHLINE_ENV", "development")
if ENVIRONMENT not in {"production", "development", "test"}:
    raise ImproperlyConfigured("THROUGHLINE_ENV is production, development or test.")
PRODUCTION = ENVIRONMENT == "production"
DEBUG: bool = env.bool("DEBUG", False)
# invented people; sign-in may skip the second step, and every page says so
DEMO: bool = env.bool("DEMO", False)


def _secret(name: str) -> str:
    value: str = env.str(name, "" if PRODUCTION else f"development-only-{name.lower()}-{'0' * 40}")
    if PRODUCTION and (len(value) < 40 or value.startswith(("development-only", "change-me"))):
        raise ImproperlyConfigured(f"{name} must be set to at least 40 random characters of its own.")
    return value


SECRET_KEY = _secret("SECRET_KEY")  # sessions and signed links
AUDIT_KEY = _secret("AUDIT_KEY")  # seals the audit chain
FIELD_KEY = _secret("FIELD_KEY")  # encrypts seeds of second factors
if PRODUCTION and len({SECRET_KEY, AUDIT_KEY, FIELD_KEY}) < 3:
    raise ImproperlyConfigured("SECRET_KEY, AUDIT_KEY and FIELD_KEY must differ from each other.")
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("DEBUG shows data of patients on error pages; it cannot be on in production.")
if PRODUCTION and DEMO:
    raise ImproperlyConfigured("DEMO skips the second step of sign-in; it cannot be on in production.")

BASE_URL: str = env.str("BASE_URL", "http://127.0.0.1:8000")
if PRODUCTION and not BASE_URL.startswith("https://"):
    raise ImproperlyConfigured("BASE_URL must start with https:// in production.")
ALLOWED_HOSTS: list[str] = env.list(
    "ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]", "testserver"]
)
CSRF_TRUSTED_ORIGINS = [BASE_URL]
VAR_DIR = Path(env.str("THROUGHLINE_VAR", str(BASE_DIR / "var")))
VERSION: str = tomllib.loads((BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

# --- applications, from the ground up ---------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.forms",  # its widgets are looked up like any template (FORM_RENDERER)
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.idp.oidc",
    "guardian",
    "django_htmx",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "coordination.lib",
    "coordination.audit",
    "coordination.outbox",
    "coordination.idempotency",
    "coordination.drafts",
    "coordination.accounts",
    "coordination.notifications",
    "coordination.clients",
    "coordination.webhooks",
    "patients",
    "coordination.worklist",
    "coordination.interop",
    "coordination.interop.office",
    "coordination.town",
]

MIDDLEWARE = [
    "coordination.health.Probes",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "coordination.middleware.ResponseHeaders",
    "coordination.interop.middleware.UploadLimit",
    "coordination.audit.middleware.AuditDoor",
    "coordination.logs.RequestLog",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "coordination.accounts.middleware.Person",
    "coordination.accounts.middleware.SessionClock",
    "coordination.api.middleware.ApiDoor",
    "coordination.accounts.middleware.LoginRequired",
    "coordination.accounts.middleware.SecondStepRequired",
    "coordination.accounts.middleware.Preferences",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "coordination.middleware.OneTransaction",
    "coordination.idempotency.middleware.OnceOnly",
    "patients.middleware.FollowMerged",
]

ROOT_URLCONF = "coordination.urls"
WSGI_APPLICATION = "coordination.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

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
                "coordination.context.page",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "coordination.lib.templatetags.throughline",
            ],
        },
    }
]

# --- database ---------------------------------------------------------------------------------------------------------
DATABASE_URL: str = env.str("DATABASE_URL", "")
DATABASE_OWNER_URL: str = env.str("DATABASE_OWNER_URL", DATABASE_URL)
if PRODUCTION and not DATABASE_URL:
    raise ImproperlyConfigured("DATABASE_URL must name the database, with the role that owns nothing.")
# schema changes; the running application never sets it
AS_OWNER: bool = env.bool("THROUGHLINE_AS_OWNER", False)


def _database() -> dict[str, Any]:
    url = (DATABASE_OWNER_URL if AS_OWNER else DATABASE_URL) or "postgres:///throughline"
    config: dict[str, Any] = env.db_url_config(url)
    config["ENGINE"] = "django.db.backends.postgresql"
    config["CONN_MAX_AGE"] = 60
    config["CONN_HEALTH_CHECKS"] = True
    timeout = env.int("DATABASE_STATEMENT_TIMEOUT_MS", 0 if AS_OWNER else 5000)
    config["OPTIONS"] = (
        config.get("OPTIONS", {})
        | {
            "connect_timeout": 3,
            "server_side_binding": True,
            "prepare_threshold": 3,  # a statement seen three times is planned once: the scope alone costs 6 ms to plan
            "options": f"-c statement_timeout={timeout} -c lock_timeout=2000 -c idle_in_transaction_session_timeout=60000",
        }
    )
    tested = {
        "NAME": env.str("THROUGHLINE_TEST_DB", ""),
        "TEMPLATE": env.str("THROUGHLINE_TEST_TEMPLATE", ""),
    }
    config["TEST"] = {key: name for key, name in tested.items() if name}
    return config


DATABASES = {"default": _database()}

# --- sign-in ----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "coordination.accounts.backends.ByEmail",
    "guardian.backends.ObjectPermissionBackend",
]
SILENCED_SYSTEM_CHECKS = [
    "auth.W004"
]  # e-mails are unique whatever their capitals: a constraint on lower(email)
ANONYMOUS_USER_NAME = None  # guardian makes no user of its own
GUARDIAN_MONKEY_PATCH_USER = False
PASSWORD_HASHERS = ["coordination.accounts.hashers.Argon2id"]
if ENVIRONMENT == "test":  # a sign-in in a test costs no 90 ms; the real hasher has a test of its own
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *PASSWORD_HASHERS]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {"NAME": "coordination.accounts.passwords.NotEndless"},
    {"NAME": "coordination.accounts.passwords.NotOurName"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "name"]},
    },
]
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60  # a link to choose a password, also of an invitation
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "coordination.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]  # never shown: people are invited
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = str
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
ACCOUNT_RATE_LIMITS = {  # HOUSE: tries / minutes, for one address or one account
    "login": "100/m/ip",
    "login_failed": "50/15m/ip,5/15m/key",
    "reset_password": "20/15m/ip,3/15m/key",
    "reset_password_from_key": "20/15m/ip",
    "reauthenticate": "10/15m/user",
    "change_password": "5/15m/user",
}
ACCOUNT_FORMS = {
    "login": "coordination.accounts.forms.SignInForm",
    "reset_password": "coordination.accounts.forms.ForgottenForm",
    "reset_password_from_key": "coordination.accounts.forms.ChoosePasswordForm",
    "change_password": "coordination.accounts.forms.ChangePasswordForm",
    "set_password": "coordination.accounts.forms.SetPasswordForm",
    "reauthenticate": "coordination.accounts.forms.PasswordAgainForm",
}
MFA_ADAPTER = "coordination.accounts.adapters.SecondStepAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Throughline"
MFA_TOTP_TOLERANCE = 1  # one step of 30 seconds either way; each code works once (forms.CodeForm)
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # an invitation was answered from the address itself
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}
MFA_FORMS = {
    "authenticate": "coordination.accounts.forms.CodeForm",
    "reauthenticate": "coordination.accounts.forms.CodeAgainForm",
    "activate_totp": "coordination.accounts.forms.ActivateAppForm",
    "add_webauthn": "coordination.accounts.forms.AddPasskeyForm",
    "edit_webauthn": "coordination.accounts.forms.RenamePasskeyForm",
}
# sign-in through the organization's own identity provider, for people who were invited: off unless it is named
OIDC_SERVER_URL: str = env.str("OIDC_SERVER_URL", "")
SOCIALACCOUNT_ADAPTER = "coordination.accounts.adapters.ProviderAdapter"
SOCIALACCOUNT_LOGIN_ON_GET = True  # a link: our policy lets no form lead to another site
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {"openid_connect": {"APPS": []}}
if OIDC_SERVER_URL:
    SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"].append(
        {
            "provider_id": "work",
            "name": env.str("OIDC_NAME", "your organization"),
            "client_id": env.str("OIDC_CLIENT_ID"),
            "secret": env.str("OIDC_CLIENT_SECRET"),
            "settings": {"server_url": OIDC_SERVER_URL, "oauth_pkce_enabled": True},
        }
    )
TRUSTED_PROXIES: int = env.int("TRUSTED_PROXIES", 1 if PRODUCTION else 0)  # ours, between the client and us
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
# tries are counted in PostgreSQL: an evicted or flushed Redis would open the door to guessing
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_limit",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
SESSION_IDLE_SECONDS: int = env.int("SESSION_IDLE_SECONDS", 15 * 60)  # HOUSE: HIPAA automatic logoff
SESSION_ABSOLUTE_SECONDS: int = env.int("SESSION_ABSOLUTE_SECONDS", 12 * 60 * 60)
SESSION_ENGINE = "coordination.accounts.sessions"
SESSION_COOKIE_AGE = SESSION_ABSOLUTE_SECONDS + 60 * 60  # the server ends a session, and can say so
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
MESSAGE_STORAGE = (
    "django.contrib.messages.storage.session.SessionStorage"  # they name patients: never in a cookie
)
CSRF_FAILURE_VIEW = "coordination.views.csrf_failure"

# --- API: tokens, and what DRF and the schema are told ----------------------------------------------------------------
IDP_OIDC_ADAPTER = "coordination.clients.adapters.TokenAdapter"
IDP_OIDC_ACCESS_TOKEN_EXPIRES_IN = 15 * 60  # HOUSE: as long as an idle session
IDP_OIDC_REFRESH_TOKEN_EXPIRES_IN: int = env.int("API_REFRESH_DAYS", 90) * 24 * 60 * 60  # HOUSE
API_CALLS_PER_MINUTE: int = env.int("API_CALLS_PER_MINUTE", 600)  # HOUSE: of one person through one app
API_MAX_BYTES = 2 * 1024 * 1024  # of one request
WEBHOOK_LOCAL: list[str] = []  # host:port called although they are not of the internet: for tests only
WEBHOOK_CA_FILE = ""  # trusted instead of the system's authorities: likewise
# --- what leaves the server -------------------------------------------------------------------------------------------
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
if PRODUCTION:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sid", "__Host-csrf"
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 63_072_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "connect-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 30
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
PRIVATE_FILES = VAR_DIR / "private"

# --- static files, words, time ----------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT: str | None = env.str("STATIC_ROOT", str(BASE_DIR / "staticfiles") if PRODUCTION else None)
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "coordination.static_files.ShrunkStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
LANGUAGE_CODE = "en-us"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- background work --------------------------------------------------------------------------------------------------
REDIS_URL: str = env.str("REDIS_URL", "" if PRODUCTION else "redis://127.0.0.1:6379/0")
if PRODUCTION and not REDIS_URL:
    raise ImproperlyConfigured("REDIS_URL must name the broker.")
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_TASK_SOFT_TIME_LIMIT = 50
CELERY_TASK_TIME_LIMIT = 60
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "socket_connect_timeout": 3}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE = {
    "ring": {"task": "coordination.outbox.jobs.ring", "schedule": 5.0},
    "tick": {"task": "coordination.outbox.jobs.tick", "schedule": 30.0},
    "seal": {"task": "coordination.audit.jobs.seal", "schedule": 5.0},
    "gather": {"task": "coordination.webhooks.jobs.gather", "schedule": 5.0},
}
OUTBOX_LEASE_SECONDS: int = env.int("OUTBOX_LEASE_SECONDS", 90)  # longer than the hard time limit of a job
OUTBOX_MAX_ATTEMPTS = 8  # over about six hours
OUTBOX_KEEP_DAYS: int = env.int("OUTBOX_KEEP_DAYS", 90)  # HOUSE: how long a settled message stays
# HOUSE: how long a repeated write gets the first answer
IDEMPOTENCY_HOURS: int = env.int("IDEMPOTENCY_HOURS", 24)
DRAFT_DAYS: int = env.int("DRAFT_DAYS", 14)  # HOUSE: how long what was typed and not saved is kept
# HOUSE: at most one e-mail in so long
NOTIFICATION_MAIL_MINUTES: int = env.int("NOTIFICATION_MAIL_MINUTES", 15)
AUDIT_HEADS_FILE = VAR_DIR / "audit" / "heads.log"

# --- mail and logs ----------------------------------------------------------------------------------------------------
EMAIL_CONFIG = env.email_url(
    "EMAIL_URL", default="consolemail://" if not PRODUCTION else "smtp://localhost:25"
)
vars().update({name: value for name, value in EMAIL_CONFIG.items() if name.startswith("EMAIL_")})
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", "Throughline <no-reply@throughline.invalid>")
LOGGING_CONFIG = None  # coordination.logs sets it up: JSON lines, an allow-list of keys
LOG_LEVEL: str = env.str("LOG_LEVEL", "WARNING")
configure_logs(LOG_LEVEL)
os.environ.setdefault("TZ", "UTC")
