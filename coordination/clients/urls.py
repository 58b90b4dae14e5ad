from allauth.idp.oidc import views as library
from django.urls import path

from coordination.clients import views

app_name = "clients"
urlpatterns = [
    path("apps/", views.apps, name="apps"),
    path("apps/<uuid:pk>/disable/", views.disable, name="disable"),
    path("me/apps/", views.mine, name="mine"),
    path("apps/<uuid:pk>/revoke/", views.revoke, name="revoke"),
    path("oauth/authorize", views.Authorize.as_view(), name="authorize"),
    path("oauth/token", library.token, name="token"),
    path("oauth/revoke", library.revoke, name="revocation"),
]
