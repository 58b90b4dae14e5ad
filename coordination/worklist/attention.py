"""What the worklist adds to the records that need a person (settings.PATIENT_ATTENTION)."""

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as __

from coordination.accounts.models import User
from coordination.accounts.permissions import Permission
from coordination.worklist.models import Task
from coordination.worklist.querysets import OUTREACH
from patients.access import list_patients
from patients.attention import Section, patient_row


def of_work(user: User) -> list[Section]:
    """Outreach that is still planned to somebody who died: the handler of a death ends it, so there should be none."""
    if not user.may(Permission.TASK_VIEW):
        return []
    reaching = Task.objects.open().filter(patient=OuterRef("pk"), kind__in=OUTREACH)
    return [
        Section(
            "deceased",
            __("Died, outreach open"),
            __("Somebody could still call a patient who died. There should be none."),
            list_patients(user).filter(is_deceased=True).filter(Exists(reaching)),
            patient_row(
                user, _("Has died; outreach is still open"), _("Open the tasks"), "worklist:patient_tasks"
            ),
        )
    ]
