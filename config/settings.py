"""Every setting, by subsystem. Values come from the environment; `.env.example` documents each."""

import os
from pathlib import Path

import environ
from csp.constants import NONE, SELF

from config import logs, writer
from config.env import Environment, database, redis_url, refuse

BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(BASE_DIR / ".env")  # the real environment wins over the file
env = Environment(os.environ)

# --- Where this copy runs ------------------------------------------------------------------------

DEVELOPMENT = env.is_development
DEBUG = env.flag("DEBUG", default=False)
if DEBUG and not DEVELOPMENT:
    refuse("DEBUG", "is on; its error pages would show customers' data and our settings")
SECRET_KEY = env.text("SECRET_KEY", development="development-only-" + "byline" * 6)
if not DEVELOPMENT and SECRET_KEY.startswith("development-only"):
    refuse("SECRET_KEY", "is the development key; make one of your own for production")
if len(SECRET_KEY) < 32:  # the orders' access keys are worth no more than it is
    refuse("SECRET_KEY", "is shorter than 32 characters, so it could be guessed")
VAR_DIR = Path(env.text("VAR_DIR", default=str(BASE_DIR / "var")))
WEB_PORT = env.whole("WEB_PORT", default=8000, at_least=1)
FLOWER_PORT = env.whole("FLOWER_PORT", default=5555, at_least=1)
SANDBOX_PORT = env.whole("SANDBOX_PORT", default=8010, at_least=1)
EMBEDDED_POSTGRES_PORT = env.whole("EMBEDDED_POSTGRES_PORT", default=55432, at_least=1)
EMBEDDED_REDIS_PORT = env.whole("EMBEDDED_REDIS_PORT", default=56379, at_least=1)
SANDBOX_URL = f"http://127.0.0.1:{SANDBOX_PORT}"
SITE_URL = env.web_address("SITE_URL", development=f"http://127.0.0.1:{WEB_PORT}")
ALLOWED_HOSTS = env.listing("ALLOWED_HOSTS", development="127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = [SITE_URL] if SITE_URL.startswith("https://") else []

# --- Django --------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "django_celery_results",
    "django_htmx",
    "csp",
    "axes",
    "queueing",
    "articles",
    "orders",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.static_files.StaticFiles",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "orders.views.errors.Refusals",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
# Development serves the files where they lie; production serves what `collectstatic` gathered.
STATIC_ROOT = None if DEVELOPMENT else BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEVELOPMENT
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEVELOPMENT

# --- PostgreSQL ----------------------------------------------------------------------------------

# Connections that one process may hold. Jobs give theirs back while a model or provider answers,
# so a worker's 200 threads live on these.
DATABASE_POOL_SIZE = env.whole("DATABASE_POOL_SIZE", default=20, at_least=4)
# A worker that is not heard of this long loses its jobs to another.
LEASE_S = env.seconds("LEASE_S", default=20, at_least=1)
DATABASES = {
    "default": database(
        env,
        development=f"postgresql://postgres@127.0.0.1:{EMBEDDED_POSTGRES_PORT}/byline",
    )
    | {
        # The pool looks at a connection before it hands it out: after a restart of PostgreSQL the
        # first requests would fail, one for each connection that died with it.
        "CONN_HEALTH_CHECKS": True,
        "CONN_MAX_AGE": 0,  # the pool keeps connections, not the threads
        "OPTIONS": {
            "pool": {
                "min_size": 1,
                "max_size": DATABASE_POOL_SIZE,
                "timeout": 10,
                "max_lifetime": 1800,
                # The pool doubles its pauses between attempts at a database that is away, and
                # gives an attempt up after this long; whoever asks next begins a new one. With
                # its own five minutes it would stay away for as long again as the database was;
                # with less than `timeout` nobody would try for those who wait already.
                "reconnect_timeout": 10,
            },
            "connect_timeout": 5,
            # A failover may lead to a standby that is none any more in a moment. A session there
            # would stay in the pool for half an hour and refuse every write.
            "target_session_attrs": "read-write",
            # A server whose machine vanished says no goodbye. Without these a heartbeat would
            # wait for it for a quarter of an hour.
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,  # milliseconds
            # A process that is frozen, or whose machine vanished, in a transaction keeps its rows
            # locked, and a sweep passes locked rows over: its job would wait for hours.
            "options": f"-c idle_in_transaction_session_timeout={round(500 * LEASE_S)}",
        },
    }
}

# --- Redis and Celery ----------------------------------------------------------------------------

REDIS_URL = redis_url(env, development=f"redis://127.0.0.1:{EMBEDDED_REDIS_PORT}/0")

# --- The ledger ----------------------------------------------------------------------------------

HEARTBEAT_S = env.seconds("HEARTBEAT_S", default=5, at_least=0.1)
# Dispatched and unclaimed this long: the message is taken for lost and published again.
REDISPATCH_AFTER_S = env.seconds("REDISPATCH_AFTER_S", default=10, at_least=1)
POLL_S = env.seconds("POLL_S", default=1, at_least=0.05)
JOB_DEADLINE_S = env.seconds("JOB_DEADLINE_S", default=900, at_least=1)
STOP_GRACE_S = env.seconds("STOP_GRACE_S", default=150, at_least=1)
WORKER_THREADS = env.whole("WORKER_THREADS", default=50, at_least=1)
# So many failures in a row shut a line, such as a model's, to all workers; each failed probe
# doubles the pause.
LINE_FAILURES_IN_A_ROW = env.whole("LINE_FAILURES_IN_A_ROW", default=3, at_least=1)
LINE_PAUSE_S = env.seconds("LINE_PAUSE_S", default=5, at_least=0.1)
LINE_PAUSE_AT_MOST_S = env.seconds("LINE_PAUSE_AT_MOST_S", default=60, at_least=0.1)
# A job that waits for a provider to come back fails after this long.
PARKED_AT_MOST_S = env.seconds("PARKED_AT_MOST_S", default=6 * 3600, at_least=1)
MAX_CRASHES = env.whole("MAX_CRASHES", default=3, at_least=1)
COMPLETED_JOB_DETAIL_KEPT_S = env.seconds("COMPLETED_JOB_DETAIL_KEPT_S", default=24 * 3600)
FAILED_JOB_KEPT_S = env.seconds("FAILED_JOB_KEPT_S", default=7 * 24 * 3600)

# --- Stripe --------------------------------------------------------------------------------------

# Empty: Stripe itself.
STRIPE_API_BASE = env.web_address(
    "STRIPE_API_BASE", default="", development=f"{SANDBOX_URL}/stripe"
)
STRIPE_SECRET_KEY = env.text("STRIPE_SECRET_KEY", development="sk_test_sandbox")
STRIPE_WEBHOOK_SECRET = env.text("STRIPE_WEBHOOK_SECRET", development="whsec_sandbox")
STRIPE_TIMEOUT_S = env.seconds("STRIPE_TIMEOUT_S", default=20, at_least=1)
# Stripe allows 30 minutes to 24 hours (https://docs.stripe.com/api/checkout/sessions/create).
CHECKOUT_EXPIRES_S = env.whole("CHECKOUT_EXPIRES_S", default=23 * 3600, at_least=1800)
# A failed order's money waits this long before it goes back; an operator may try again meanwhile.
REFUND_AFTER_S = env.seconds("REFUND_AFTER_S", default=0)
# A session that nobody told us of is asked for at Stripe after this long, then ever more seldom.
RECONCILE_AFTER_S = env.seconds("RECONCILE_AFTER_S", default=900, at_least=1)
# How many sessions a sweep, once a minute, asks for at most, and how many refunds one an hour.
RECONCILE_BATCH = env.whole("RECONCILE_BATCH", default=20, at_least=1)
# Every hour Stripe is asked for refunds and disputes this far back; Stripe keeps events 30 days.
RECONCILE_EVENTS_S = env.seconds("RECONCILE_EVENTS_S", default=3 * 24 * 3600, at_least=3600)
# A signature older than this is refused; Stripe's libraries use the same.
WEBHOOK_TOLERANCE_S = env.whole("WEBHOOK_TOLERANCE_S", default=300, at_least=1)

# --- SendGrid ------------------------------------------------------------------------------------

# Empty: SendGrid itself.
SENDGRID_HOST = env.web_address("SENDGRID_HOST", default="", development=f"{SANDBOX_URL}/sendgrid")
SENDGRID_API_KEY = env.text("SENDGRID_API_KEY", development="SG.sandbox")
SENDGRID_TIMEOUT_S = env.seconds("SENDGRID_TIMEOUT_S", default=15, at_least=1)
MAIL_FROM = env.text("MAIL_FROM", development="Byline <orders@byline.example>")
ADMIN_ALERT_EMAILS = env.listing("ADMIN_ALERT_EMAILS", development="operators@byline.example")

# --- The writer ----------------------------------------------------------------------------------

# Empty: OpenAI itself.
OPENAI_BASE_URL = env.web_address(
    "OPENAI_BASE_URL", default="", development=f"{SANDBOX_URL}/openai/v1"
)
# The models to ask, best first; what one does not set for itself it takes from these settings.
WRITER_MODELS = writer.chain(env)
OPENAI_API_KEY = env.text(
    "OPENAI_API_KEY",
    # Nobody needs it once every model of the chain brings a key or an address of its own.
    default=None if writer.needs_openai(WRITER_MODELS) else "",
    development="sk-sandbox",
)
WRITER_MODEL = env.text("WRITER_MODEL", default="gpt-4.1-mini")
WRITER_TIMEOUT_S = env.seconds("WRITER_TIMEOUT_S", default=120, at_least=1)
WRITER_CONNECT_TIMEOUT_S = env.seconds("WRITER_CONNECT_TIMEOUT_S", default=5, at_least=0.1)
WRITER_MAX_OUTPUT_TOKENS = env.whole("WRITER_MAX_OUTPUT_TOKENS", default=16000, at_least=100)
# Calls under way at a time, of all workers to all models; 0: as many as there are threads.
WRITER_CONCURRENCY = env.whole("WRITER_CONCURRENCY", default=0)
# What one order's calls may cost before no more are made for it; 0: any amount.
MAX_COST_PER_ORDER_USD = env.fraction("MAX_COST_PER_ORDER_USD", default=5)
# How many sections of one article are written at the same time, each by a call of its own.
WRITER_SECTIONS_AT_ONCE = env.whole("WRITER_SECTIONS_AT_ONCE", default=3, at_least=1)

# --- Publishing ----------------------------------------------------------------------------------

# Application passwords of WordPress users, by the domain's host. Not in the database: who reads a
# copy of it must not be able to write on publishers' sites.
WORDPRESS_PASSWORDS = env.secrets("WORDPRESS_PASSWORDS")
PUBLISH_TIMEOUT_S = env.seconds("PUBLISH_TIMEOUT_S", default=20, at_least=1)

# --- The review desk -----------------------------------------------------------------------------

# How long an editor who opened a review holds it before it is anybody's again.
REVIEW_CLAIM_MINUTES = env.whole("REVIEW_CLAIM_MINUTES", default=30, at_least=1)

# --- The JSON API --------------------------------------------------------------------------------

REQUEST_BYTES_MAX = env.whole("REQUEST_BYTES_MAX", default=100_000, at_least=1000)
DATA_UPLOAD_MAX_MEMORY_SIZE = REQUEST_BYTES_MAX
PURCHASES_PER_HOUR = env.whole("PURCHASES_PER_HOUR", default=60, at_least=1)
STATUS_REQUESTS_PER_MINUTE = env.whole("STATUS_REQUESTS_PER_MINUTE", default=120, at_least=1)
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_METADATA_CLASS": None,  # OPTIONS says nothing that the schema does not say
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "orders.api.problems.handle",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,  # `?format=` is a filter that nobody knows, not a renderer
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Byline",
    "DESCRIPTION": "Buy an article, follow the order, search the catalogue.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVERS": [{"url": SITE_URL}],
    "SERVE_INCLUDE_SCHEMA": False,
    "SORT_OPERATIONS": False,  # as `orders/api/urls.py` has them
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "orders.api.schema.refuse_unknown_fields",
    ],
    "ENUM_NAME_OVERRIDES": {
        "OrderStatus": "orders.models.Status.values",
        "JobState": "queueing.models.State.values",
        "LinkPolicy": "articles.models.LinkPolicy.values",
    },
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "accessKey": {
                "type": "http",
                "scheme": "bearer",
                "description": "The order's access key, as the purchase gave it.",
            },
            "staffSession": {
                "type": "apiKey",
                "in": "cookie",
                "name": "sessionid",
                "description": "The session of a member of staff who is logged in at /admin/.",
            },
        }
    },
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "byline",
        # A frozen Redis must not hold a request.
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    }
}

# --- Pages that follow the work ------------------------------------------------------------------

# Each holds a socket of the web process, whose limit is often 1024. 0: none, the pages poll.
STREAMS_MAX = env.whole("STREAMS_MAX", default=500, at_least=0)

# --- Operators -----------------------------------------------------------------------------------

FLOWER_URL = env.web_address(
    "FLOWER_URL", default="", development=f"http://127.0.0.1:{FLOWER_PORT}"
)
FLOWER_USER = env.text("FLOWER_USER", default="operator")
FLOWER_PASSWORD = env.text("FLOWER_PASSWORD", default="")

# --- Security ------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_TEMPLATE = "429.html"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [
            SELF,
            "https://checkout.stripe.com",
            *([SANDBOX_URL] if DEVELOPMENT else []),
        ],
        "frame-ancestors": [NONE],
    }
}
SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", default=not DEVELOPMENT)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 0 if DEVELOPMENT else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = not DEVELOPMENT
SECURE_HSTS_PRELOAD = not DEVELOPMENT
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]  # asked over plain HTTP from inside
SECURE_REFERRER_POLICY = "same-origin"  # an order's address stays with us
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEVELOPMENT
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"

# --- Logs ----------------------------------------------------------------------------------------

LOGGING_CONFIG = "logging.config.dictConfig"
LOG_LEVEL = env.text("LOG_LEVEL", default="INFO").upper()
if LOG_LEVEL not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
    refuse("LOG_LEVEL", "must be DEBUG, INFO, WARNING or ERROR")
LOGGING = logs.configure(readable=DEVELOPMENT, level=LOG_LEVEL)

ENVIRONMENT_NAMES = tuple(dict.fromkeys(env.names))
