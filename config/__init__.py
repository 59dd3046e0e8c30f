"""Wiring: settings from the environment, URLs, the ASGI and Celery applications."""
