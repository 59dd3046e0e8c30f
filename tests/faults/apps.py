"""The harness's Django application: it breaks processes as they start."""

from django.apps import AppConfig


class FaultsConfig(AppConfig):
    name = "tests.faults"
    label = "faults"

    def ready(self) -> None:
        from tests.faults import broken, pills, shifted

        broken.break_guards()
        pills.hand_out()
        shifted.shift_clock()
