from django.apps import AppConfig


class OfficeConfig(AppConfig):
    name = "coordination.interop.office"
    label = "office"
    verbose_name = "Spreadsheets in and out"
