import datetime as dt

import factory
from django.utils import timezone

from coordination.worklist.models import Task


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
