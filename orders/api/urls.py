"""Addresses of the JSON API. What none of them takes is answered with a problem document too."""

from django.urls import URLPattern, URLResolver, path, re_path
from django.views.generic import RedirectView

from orders.api import queues, reference, views, webhooks

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/purchase", views.Purchase.as_view(), name="api-purchase"),
    path("v1/purchase/status/<str:orderId>", views.PurchaseStatus.as_view(), name="api-status"),
    path(
        "v1/purchase/request-revision",
        views.RequestRevision.as_view(),
        name="api-request-revision",
    ),
    path(
        "v1/purchase/submit-for-review",
        views.SubmitForReview.as_view(),
        name="api-submit-for-review",
    ),
    path("v1/webhooks/stripe", webhooks.StripeWebhook.as_view(), name="api-stripe-webhook"),
    path("v1/domains", views.Domains.as_view(), name="api-domains"),
    path("v1/domains/<str:domainId>/articles", views.Articles.as_view(), name="api-articles"),
    path("v1/queues", queues.Queues.as_view(), name="api-queues"),
    path("v1/queues/<str:name>/jobs", queues.QueueJobs.as_view(), name="api-queue-jobs"),
    path("v1/jobs/<str:id>/retry", queues.RetryJob.as_view(), name="api-retry-job"),
    path("schema/", views.Schema.as_view(), name="api-schema"),
    path("docs/", reference.page, name="api-docs"),
    path("docs", RedirectView.as_view(pattern_name="api-docs")),
    re_path("", views.Nowhere.as_view()),
]
