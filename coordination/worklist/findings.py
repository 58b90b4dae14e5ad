"""What the nightly check found is kept by ids alone; what they name is read again for whoever looks, as far as they may see it."""

import re
from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _

from coordination.accounts.models import Team, User
from coordination.accounts.permissions import Permission
from coordination.worklist.models import Contact, Task
from patients.models import AccessGrant, Patient

CAUSE = "loops:"  # what the task of a rule is opened for, before the name of the rule
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Named(NamedTuple):
    """Its name, and the page it is on; people and teams are only named."""

    name: str
    url: str = ""


def named_in(task: Task, user: User) -> dict[str, Named]:
    """What the steps of this task name, by id. Nothing for any other task, and no statement."""
    if not task.source_key.startswith(CAUSE):
        return {}
    ids = {found for step in task.checklist for found in _ID.findall(step["text"])}
    named: dict[str, Named] = {}
    for person in User.objects.visible_to(user).filter(pk__in=ids):
        named[str(person.pk)] = Named(person.name)
    for team in Team.objects.visible_to(user).filter(pk__in=ids):
        named[str(team.pk)] = Named(team.name)
    for patient in Patient.objects.visible_to(user).filter(pk__in=ids):
        named[str(patient.pk)] = Named(patient.display_name, reverse("patients:patient", args=[patient.pk]))
    for contact in Contact.objects.visible_to(user).filter(pk__in=ids):
        url = reverse("patients:timeline", args=[contact.patient_id])
        named[str(contact.pk)] = Named(contact.get_outcome_display(), url)
    if user.may(Permission.ACCESS_REVIEW):
        for grant in AccessGrant.objects.filter(organization_id=user.organization_id, pk__in=ids):
            named[str(grant.pk)] = Named(str(grant.pk), reverse("access:review", args=[grant.pk]))
    for found in Task.objects.visible_to(user).filter(pk__in=ids).select_related("patient"):
        about = f"{found.patient.display_name}, " if found.patient is not None else ""
        named[str(found.pk)] = Named(f"{about}{found.title}", reverse("worklist:task", args=[found.pk]))
    return named


def said(text: str, named: dict[str, Named]) -> str:
    """A step with the names in the place of the ids this person may know."""
    return _ID.sub(lambda found: _quoted(named, found[0]), text)


def links_of(text: str, named: dict[str, Named]) -> list[Named]:
    return [named[found] for found in _ID.findall(text) if found in named and named[found].url]


def _quoted(named: dict[str, Named], found: str) -> str:
    return _("“%(name)s”") % {"name": named[found].name} if found in named else found
