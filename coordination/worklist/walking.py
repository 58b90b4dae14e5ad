"""My day as a way from record to record: J and K lead to the next patient in the order of the work, each once."""

from django.http import QueryDict
from django.utils.translation import gettext as _

from coordination.accounts.access import uuids
from coordination.accounts.models import User
from coordination.lib.paging import Columns, beside
from coordination.worklist.access import clock_of, desk_named, list_work
from coordination.worklist.day import BUCKETS, ORDERS, View
from coordination.worklist.rows import asked_at
from patients.models import Patient
from patients.walking import Stop, Way


def along_day(user: User, patient: Patient, asked: QueryDict) -> Way | None:
    """Where on My day a record was opened. A patient stands at their first task of the list; what was done keeps its place."""
    task_ids = uuids([asked.get("sel", "")])
    if not task_ids:
        return None
    view = View.read(asked)
    listed = list_work(user, desk_named(user, view.desk)).in_bucket(view.bucket, clock_of(user))
    ranked = listed.filter(view.narrowed, patient__isnull=False).ranked(clock_of(user))
    others = ranked.exclude(patient=patient).first_of_each_patient(ORDERS[view.sort])
    here = {"pk": task_ids[0], "patient": patient.pk}
    known = {
        "patient__sort_name": patient.sort_name,
        "patient__last_contact_at": patient.last_contact_at,
        "id": task_ids[0],
    }
    neighbors = beside(others, order=ORDERS[view.sort], of=here, known=known, read=("patient_id", "pk"))
    label = (
        _("My day") if view.bucket == "all" else _("My day: %(bucket)s") % {"bucket": BUCKETS[view.bucket]}
    )
    back = view.address(selected=str(task_ids[0]))
    return Way(label, back, *(_stop(view, found) for found in neighbors))


def _stop(view: View, found: Columns | None) -> Stop | None:
    return Stop(found[0], asked_at(view.query(), found[1])) if found is not None else None
