"""The harness's Django application: each process breaks guards and knows the harness's kinds."""

from django.apps import AppConfig


class FaultsConfig(AppConfig):
    name = "tests.faults"
    label = "faults"

    def ready(self) -> None:
        from tests.faults import broken, kinds  # noqa: F401  it registers

        broken.break_guards()
