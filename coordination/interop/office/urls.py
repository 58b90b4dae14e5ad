from django.urls import path

from coordination.interop.office import views

app_name = "office"
urlpatterns = [
    path("exports/", views.exports, name="exports"),
    path("exports/new/", views.export_new, name="export_new"),
    path("exports/<uuid:pk>/", views.export, name="export"),
    path("exports/<uuid:pk>/progress/", views.export_progress, name="export_progress"),
    path("exports/<uuid:pk>/cancel/", views.export_cancel, name="export_cancel"),
    path("exports/<uuid:pk>/file/", views.export_file, name="export_file"),
]
