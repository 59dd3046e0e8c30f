"""Addresses of the pages."""

from django.urls import URLPattern, URLResolver, path
from django.views.generic import RedirectView

from orders.views import buying, changes, development, order, plain, storefront, submitting, version

urlpatterns: list[URLPattern | URLResolver] = [
    path("", storefront.storefront, name="storefront"),
    path("domains/<str:host>/", storefront.domain, name="domain"),
    path("order/", buying.order_form, name="order-form"),
    path("order/check/", buying.check_field, name="order-check"),
    path("orders/<uuid:order_id>/", order.page, name="order"),
    path("orders/<uuid:order_id>/open/", order.open_with_key, name="order-open"),
    path("orders/<uuid:order_id>/region/", order.region, name="order-region"),
    path("orders/<uuid:order_id>/events/", order.events, name="order-events"),
    path("orders/<uuid:order_id>/pay/", order.pay, name="order-pay"),
    path("orders/<uuid:order_id>/cancel/", order.cancel, name="order-cancel"),
    path("orders/<uuid:order_id>/changes/", changes.page, name="order-changes"),
    path("orders/<uuid:order_id>/submit/", submitting.submit, name="order-submit"),
    path("orders/<uuid:order_id>/paid/", order.paid, name="order-paid"),
    path("orders/<uuid:order_id>/versions/<int:number>/", version.page, name="version"),
    path(
        "orders/<uuid:order_id>/versions/<int:number>/since/<int:since>/",
        version.compare,
        name="version-compare",
    ),
    path(
        "orders/<uuid:order_id>/versions/<int:number>/article.<slug:form>",
        version.download,
        name="version-download",
    ),
    path("how-it-works/", plain.how_it_works, name="how-it-works"),
    path("robots.txt", plain.robots, name="robots"),
    # Browsers ask for it on pages that name no icon, such as the API's.
    path("favicon.ico", RedirectView.as_view(url="/static/favicon.svg")),
    path("dev/emails", development.emails, name="dev-emails"),
    path("dev/emails/<slug:kind>.<slug:form>", development.email, name="dev-email"),
]
