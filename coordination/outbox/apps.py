from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "coordination.outbox"
    label = "outbox"
    verbose_name = "Who must hear of it"
