"""Every address of the API, version 1."""

from django.urls import path

from coordination.api.views import Docs, Me, Schema
from coordination.idempotency.claims import repeatable
from coordination.worklist import api as worklist
from patients import api as patients

app_name = "api"
urlpatterns = [
    path("me/", Me.as_view(), name="me"),
    path("patients/", patients.Patients.as_view(), name="patients"),
    path("patients/search/", repeatable(patients.Search.as_view()), name="patients_search"),
    path("patients/<uuid:pk>/", patients.PatientDetail.as_view(), name="patient"),
    path("patients/<uuid:pk>/contacts/", worklist.Contacts.as_view(), name="contacts"),
    *(
        path(f"patients/<uuid:pk>/{word}/", view.as_view(), name=word)
        for word, view in patients.HISTORY_VIEWS.items()
    ),
    path("contacts/<uuid:pk>/", worklist.ContactDetail.as_view(), name="contact"),
    path("contacts/<uuid:pk>/undo/", worklist.ContactUndo.as_view(), name="contact_undo"),
    path("batches/", worklist.Batches.as_view(), name="batches"),
    path("batches/preview/", repeatable(worklist.BatchPreview.as_view()), name="batches_preview"),
    path("batches/<uuid:pk>/", worklist.BatchDetail.as_view(), name="batch"),
    path("batches/<uuid:pk>/undo/", worklist.BatchUndo.as_view(), name="batch_undo"),
    path("changes/", worklist.Changes.as_view(), name="changes"),
    path("changes/<uuid:pk>/undo/", worklist.ChangeUndo.as_view(), name="change_undo"),
    path("tasks/", worklist.Tasks.as_view(), name="tasks"),
    path("tasks/<uuid:pk>/", worklist.TaskDetail.as_view(), name="task"),
    path("tasks/<uuid:pk>/changes/", worklist.TaskChanges.as_view(), name="task_changes"),
    *(
        path(f"tasks/<uuid:pk>/{word}/", view.as_view(), name=f"task_{word}")
        for word, view in worklist.ACTS.items()
    ),
    path("schema/", Schema.as_view(), name="schema"),
    path("docs/", Docs.as_view(), name="docs"),
]
