from django.apps import AppConfig


class ClientsConfig(AppConfig):
    name = "coordination.clients"
    label = "clients"
