"""Absences and cover."""

from django.urls import path

from coordination.worklist.views import covers

app_name = "covers"
urlpatterns = [
    path("", covers.covers, name="list"),
    path("<uuid:pk>/change/", covers.change, name="change"),
    path("<uuid:pk>/end/", covers.end, name="end"),
    path("<uuid:pk>/undo/", covers.undo, name="undo"),
]
