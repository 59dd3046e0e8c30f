"""The addresses: pages at the root, the JSON API under /api/, the admin under /admin/."""

from django.contrib import admin
from django.urls import include, path

from config import health

urlpatterns = [
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("api/", include("orders.api.urls")),
    path("", include("orders.urls")),
]
