from django.urls import path

from coordination.interop import views

app_name = "interop"
urlpatterns = [
    path("", views.imports, name="imports"),
    path("new/", views.new, name="new"),
    path("<uuid:pk>/", views.show, name="import"),
    path("<uuid:pk>/progress/", views.progress, name="progress"),
    path("<uuid:pk>/cancel/", views.cancel, name="cancel"),
    path("<uuid:pk>/run/", views.run, name="run"),
    path("<uuid:pk>/issues.csv", views.issues, name="issues"),
]
