"""The addresses: pages at the root, the JSON API under /api/, the admin under /admin/."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from config import health

urlpatterns = [
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("api/", include("orders.api.urls")),
    path("sites/", include("articles.urls")),
    path("problems/<slug:kind>", RedirectView.as_view(url="/api/docs/#%(kind)s")),
    path("", include("orders.urls")),
]

handler400 = "orders.views.errors.bad_request"
handler403 = "orders.views.errors.denied"
handler404 = "orders.views.errors.not_found"
handler500 = "orders.views.errors.broke"
