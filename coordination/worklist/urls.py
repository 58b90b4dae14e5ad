from django.urls import path

from coordination.worklist.views import acts, contacts, day, edit, notes, promises, saved, tasks, undo

app_name = "worklist"
urlpatterns = [
    path("day/", day.day, name="day"),
    path("day/changes/", day.changes, name="day_changes"),
    path("day/print/", day.day_print, name="day_print"),
    path("views/", saved.views, name="views"),
    path("views/new/", saved.view_new, name="view_new"),
    path("views/<uuid:pk>/", saved.view, name="view"),
    path("views/<uuid:pk>/edit/", saved.view_edit, name="view_edit"),
    path("views/<uuid:pk>/change/", saved.view_change, name="view_change"),
    path("views/<uuid:pk>/delete/", saved.view_delete, name="view_delete"),
    path("views/<uuid:pk>/restore/", saved.view_restore, name="view_restore"),
    path("day/history/", undo.history, name="history"),
    path("undo/<uuid:pk>/", undo.undo, name="undo"),
    path("tasks/new/", tasks.task_new, name="task_new"),
    path("tasks/<uuid:pk>/", tasks.task, name="task"),
    path("tasks/<uuid:pk>/peek/", day.peek, name="peek"),
    path("tasks/<uuid:pk>/edit/", edit.edit, name="edit"),
    path("tasks/<uuid:pk>/done/", acts.done, name="done"),
    path("tasks/<uuid:pk>/snooze/", acts.snooze, name="snooze"),
    path("tasks/<uuid:pk>/wake/", acts.wake, name="wake"),
    path("tasks/<uuid:pk>/assign/", acts.assign, name="assign"),
    path("tasks/<uuid:pk>/claim/", acts.claim, name="claim"),
    path("tasks/<uuid:pk>/waiting/", acts.waiting, name="waiting"),
    path("tasks/<uuid:pk>/due/", acts.due, name="due"),
    path("tasks/<uuid:pk>/checklist/", acts.checklist, name="checklist"),
    path("day/promises/", promises.promises, name="promises"),
    path("contacts/<uuid:pk>/promise/", promises.contact_promise, name="contact_promise"),
    path("tasks/<uuid:pk>/text/", notes.task_text, name="task_text"),
    path("contacts/<uuid:pk>/text/", notes.contact_text, name="contact_text"),
    path("patients/<uuid:pk>/text/", notes.patient_text, name="patient_text"),
    path("patients/<uuid:pk>/contacts/text/", notes.patient_contacts_text, name="patient_contacts_text"),
    path("contacts/new/", contacts.contact_new, name="contact_new"),
    path("patients/<uuid:pk>/tasks/", tasks.patient_tasks, name="patient_tasks"),
]
