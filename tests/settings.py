"""The settings of the suite: development's, quiet, with fast password hashing."""

from config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {  # noqa: F405
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
# A test may think in its transaction for as long as a busy machine makes it.
_DATABASE = DATABASES["default"]  # noqa: F405
DATABASES = {"default": _DATABASE | {"OPTIONS": _DATABASE["OPTIONS"] | {"options": ""}}}
INSTALLED_APPS = [*INSTALLED_APPS, "tests.queueing"]  # noqa: F405  kinds of jobs for tests
# All tests come from one address; those of the limits lower them.
PURCHASES_PER_HOUR = STATUS_REQUESTS_PER_MINUTE = 10**6
# Most tests see one transaction, and so one connection: several need sections in threads.
WRITER_SECTIONS_AT_ONCE = 1
