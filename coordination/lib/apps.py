from django.apps import AppConfig


class LibConfig(AppConfig):
    name = "coordination.lib"
    label = "lib"
    verbose_name = "Shared pieces"
