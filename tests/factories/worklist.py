import datetime as dt
from typing import Any

import factory
from django.utils import timezone

from coordination.worklist.actions.weighing import weigh
from coordination.worklist.models import SavedView, Snippet, Task


class TaskFactory(factory.django.DjangoModelFactory):
    """An open task, weighed as an action leaves it. Give it a patient, or an organization and an owner."""

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

    @classmethod
    def _create(cls, model_class: type[Task], *args: Any, **kwargs: Any) -> Task:
        task = model_class(*args, **kwargs)
        if not {"work_at", "head_start"} & set(kwargs):
            weigh(task)
        task.save(force_insert=True)
        return task


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


class SnippetFactory(factory.django.DjangoModelFactory):
    """A person's own words under a short name. For a team: owner=None, team, created_by."""

    class Meta:
        model = Snippet

    organization = factory.SelfAttribute("created_by.organization")
    name = factory.Sequence(lambda n: f"snippet-{n}")
    text = "Left voicemail, callback number only."
    created_by = factory.SelfAttribute("owner")
    updated_by = factory.SelfAttribute("created_by")
