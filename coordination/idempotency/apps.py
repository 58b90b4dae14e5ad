from django.apps import AppConfig


class IdempotencyConfig(AppConfig):
    name = "coordination.idempotency"
    label = "idempotency"
    verbose_name = "Once only"
