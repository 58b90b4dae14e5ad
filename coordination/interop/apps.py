from django.apps import AppConfig


class InteropConfig(AppConfig):
    name = "coordination.interop"
    label = "interop"
    verbose_name = "Other systems"
