"""Where operators go from the admin."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def flower_url() -> str:
    """Return where Flower watches the workers, empty when this copy has none."""
    return str(settings.FLOWER_URL)
