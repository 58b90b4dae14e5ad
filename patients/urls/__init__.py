"""Addresses about patients: finding and adding them, and the record of one."""

from patients.urls import record, registry

app_name = "patients"
urlpatterns = [*registry.urlpatterns, *record.urlpatterns]
