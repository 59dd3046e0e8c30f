from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class QueueingConfig(AppConfig):
    name = "queueing"
    verbose_name = "Queue"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from queueing import checks  # noqa: F401  registers the system checks

        # Each app registers its kinds where it does the work; whoever enqueues needs them as
        # much as the worker does.
        autodiscover_modules("jobs", "pipelines")
