from django.apps import AppConfig


class TownConfig(AppConfig):
    name = "coordination.town"
    label = "town"
    verbose_name = "Demo town"
