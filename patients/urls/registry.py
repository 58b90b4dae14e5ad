"""Finding and adding patients, and changing who they are."""

from django.urls import URLPattern, path

from patients.views import attention, edit, registration, registry

urlpatterns: list[URLPattern] = [
    path("", registry.registry, name="registry"),
    path("changes/", registry.changes, name="registry_changes"),
    path("attention/", attention.attention, name="attention"),
    path("search/", registry.search, name="search"),
    path("new/", registration.new, name="new"),
    path("duplicates/", registration.similar, name="duplicates"),
    path("<uuid:pk>/edit/", edit.edit, name="edit"),
    path("<uuid:pk>/edit/name/", edit.name, name="edit_name"),
    path("<uuid:pk>/edit/person/", edit.person, name="edit_person"),
    path("<uuid:pk>/edit/language/", edit.language, name="edit_language"),
    path("<uuid:pk>/edit/<slug:kind>/add/", edit.line_new, name="line_new"),
    path("<uuid:pk>/edit/<slug:kind>/<uuid:line_pk>/", edit.line_edit, name="line_edit"),
    path("<uuid:pk>/edit/<slug:kind>/<uuid:line_pk>/remove/", edit.line_remove, name="line_remove"),
    path("<uuid:pk>/death/", edit.death, name="death"),
    path("<uuid:pk>/end-care/", edit.end_care, name="end_care"),
    path("<uuid:pk>/resume-care/", edit.resume_care, name="resume_care"),
]
