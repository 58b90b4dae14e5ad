"""Who am I here, and the pages that describe the API."""

from types import SimpleNamespace
from typing import Any

from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from coordination.api.base import ApiView, Operation
from coordination.api.shapes import Output
from coordination.clients.scopes import SCOPES


class MeOutput(Output):
    """Whom the token stands for."""

    id = serializers.UUIDField(source="person.pk")
    name = serializers.CharField(source="person.name")
    roles = serializers.ListField(child=serializers.CharField(), source="person.roles")
    organization_id = serializers.UUIDField(source="person.organization_id")
    organization = serializers.CharField(source="person.organization.name")
    time_zone = serializers.CharField(source="person.organization.time_zone")
    app_id = serializers.UUIDField(source="app.pk")
    app = serializers.CharField(source="app.name")
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=list(SCOPES)))


class Me(ApiView):
    """The person, the app and its scopes."""

    name, tag = "me", "Me"
    operations = {"GET": Operation("Who the token stands for", "", MeOutput)}

    def get(self, request: Request) -> Response:
        user, bearer = self.person(request), self.bearer(request)
        standing = SimpleNamespace(person=user, app=bearer.app, scopes=sorted(bearer.scopes))
        return self.shown(request, standing)


class Schema(SpectacularJSONAPIView):
    """OpenAPI 3.1. It tells of no patient and no person, so it is open to whoever builds against it."""

    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []


class Docs(SpectacularSwaggerSplitView):
    """The same for people. Its scripts and styles are files of our own server."""

    permission_classes = [AllowAny]
    authentication_classes: list[Any] = []
    template_name = "api/docs.html"
    url_name = "api:schema"
