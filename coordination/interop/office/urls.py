from django.urls import path

from coordination.interop.office import views
from coordination.interop.office.roster import undo_views as undoing
from coordination.interop.office.roster import views as roster

app_name = "office"
urlpatterns = [
    path("exports/", views.exports, name="exports"),
    path("exports/new/", views.export_new, name="export_new"),
    path("exports/<uuid:pk>/", views.export, name="export"),
    path("exports/<uuid:pk>/progress/", views.export_progress, name="export_progress"),
    path("exports/<uuid:pk>/cancel/", views.export_cancel, name="export_cancel"),
    path("exports/<uuid:pk>/file/", views.export_file, name="export_file"),
    path("rosters/", roster.rosters, name="rosters"),
    path("rosters/new/", roster.roster_new, name="roster_new"),
    path("rosters/<uuid:pk>/", roster.roster, name="roster"),
    path("rosters/<uuid:pk>/progress/", roster.roster_progress, name="roster_progress"),
    path("rosters/<uuid:pk>/sheet/", roster.roster_sheet, name="roster_sheet"),
    path("rosters/<uuid:pk>/check/", roster.roster_check, name="roster_check"),
    path("rosters/<uuid:pk>/import/", roster.roster_import, name="roster_import"),
    path("rosters/<uuid:pk>/cancel/", roster.roster_cancel, name="roster_cancel"),
    path("rosters/<uuid:pk>/undo/", undoing.roster_undo, name="roster_undo"),
    path("rosters/<uuid:pk>/errors.csv", roster.roster_errors, name="roster_errors"),
]
