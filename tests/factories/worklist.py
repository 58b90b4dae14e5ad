import datetime as dt

import factory
from django.utils import timezone

from coordination.worklist.models import SavedView, Task


class TaskFactory(factory.django.DjangoModelFactory):
    """An open task. Give it a patient, or an organization and an owner."""

    class Meta:
        model = Task

    organization = factory.SelfAttribute("patient.organization")
    title = factory.Sequence(lambda n: f"Call about matter {n}")
    reason = "Promised last week"
    kind = "call"
    owner = factory.SelfAttribute("patient.coordinator")
    due_at = factory.LazyFunction(lambda: timezone.now() + dt.timedelta(hours=4))
    due_has_time = True
    created_by = factory.LazyAttribute(lambda task: task.owner or task.patient.coordinator)
    updated_by = factory.SelfAttribute("created_by")


class SavedViewFactory(factory.django.DjangoModelFactory):
    """A person's own view of My day, unless told otherwise. For a team: owner=None, team, created_by."""

    class Meta:
        model = SavedView

    organization = factory.SelfAttribute("created_by.organization")
    name = factory.Sequence(lambda n: f"View {n}")
    page = "day"
    query = "bucket=overdue"
    created_by = factory.SelfAttribute("owner")
    updated_by = factory.SelfAttribute("created_by")
