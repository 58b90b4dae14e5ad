from django.apps import AppConfig


class WorklistConfig(AppConfig):
    name = "coordination.worklist"
    label = "worklist"
    verbose_name = "Worklist"
