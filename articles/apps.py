"""Registers the room with Django."""

from django.apps import AppConfig


class ArticlesConfig(AppConfig):
    name = "articles"
    verbose_name = "Content"
    default_auto_field = "django.db.models.BigAutoField"
