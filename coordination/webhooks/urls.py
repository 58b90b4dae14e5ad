from django.urls import path

from coordination.webhooks import views

app_name = "webhooks"
urlpatterns = [
    path("", views.endpoints, name="endpoints"),
    path("<uuid:pk>/", views.endpoint, name="endpoint"),
    path("<uuid:pk>/rotate/", views.rotate, name="rotate"),
    path("<uuid:pk>/disable/", views.disable, name="disable"),
    path("<uuid:pk>/enable/", views.enable, name="enable"),
    path("<uuid:pk>/again/<uuid:message>/", views.again, name="again"),
]
