"""The harness's Django application: it is there to break guards when a process starts."""

from django.apps import AppConfig


class FaultsConfig(AppConfig):
    name = "tests.faults"
    label = "faults"

    def ready(self) -> None:
        from tests.faults import broken

        broken.break_guards()
