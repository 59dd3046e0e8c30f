from django.apps import AppConfig


class QueueingTestsConfig(AppConfig):
    name = "tests.queueing"
    label = "queueing_tests"
