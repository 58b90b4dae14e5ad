from django.apps import AppConfig


class DraftsConfig(AppConfig):
    name = "coordination.drafts"
    label = "drafts"
    verbose_name = "What is typed and not yet saved"
