"""Development's settings with failpoints in the database engine, and without limits per address."""

from config.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.apps.FaultsConfig"]  # noqa: F405
DATABASES["default"]["ENGINE"] = "tests.faults.postgresql"  # noqa: F405
PURCHASES_PER_HOUR = STATUS_REQUESTS_PER_MINUTE = 10**6
