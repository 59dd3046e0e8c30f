"""Addresses of the live pages."""

from django.urls import path

from articles import views

urlpatterns = [
    path("<str:host>/", views.site, name="live-site"),
    path("<str:host>/<slug:slug>/", views.page, name="live-page"),
]
