from django.urls import path

from coordination.outbox import views

app_name = "outbox"
urlpatterns = [
    path("", views.health, name="health"),
    path("messages/<uuid:pk>/send/", views.send_again, name="send_again"),
    path("messages/<uuid:pk>/sent/", views.mark_sent, name="mark_sent"),
    path("messages/<uuid:pk>/cancel/", views.cancel, name="cancel"),
]
