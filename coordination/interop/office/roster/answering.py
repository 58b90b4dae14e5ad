"""From a line of the file to what becomes of it: whatever is wrong with a row is told of that row alone."""

from django.db import DataError, IntegrityError, transaction
from django.utils.translation import gettext as _

from coordination.interop.fhir.keeping import Keeper
from coordination.interop.fhir.problems import Rejected
from coordination.interop.office.models import RosterJob
from coordination.interop.office.roster.fields import Unfit
from coordination.interop.office.roster.keeping import Result, RowFacts, facts_of, keep_row
from coordination.lib.refusal import Refused

Line = tuple[int, list[str], str]  # number in the file, cells, what makes its characters doubtful


def read_line(job: RosterJob, line: Line) -> RowFacts:
    """The person of a row. Raises Unfit for the first cell that cannot be taken."""
    _number, cells, doubt = line
    if doubt:
        raise Unfit("", doubt, _("Save the file as CSV (UTF-8) or as .xlsx and send it again."))
    named = {
        key: cells[int(at)] if int(at) < len(cells) else "" for at, key in job.mapping["columns"].items()
    }
    today, from_1904 = job.organization.today(), job.mapping["from_1904"]
    return facts_of(named, job.source, job.mapping["order"], today, from_1904=from_1904)


def answer(job: RosterJob, line: Line) -> Result:
    """Store one row, or say why not; nothing of it stays then."""
    try:
        return keep(job, line[0], read_line(job, line))
    except Unfit as unfit:
        return refusal(unfit)


def refusal(unfit: Unfit) -> Result:
    return Result("refused", [(unfit.key, unfit.what, unfit.how)])


def keep(job: RosterJob, number: int, facts: RowFacts, *, stays: bool = True) -> Result:
    """Store what was read, or with `stays` False find out what would become of it."""
    sender = Keeper(job.organization, job.source, job.created_by, job.team, job.coordinator)
    try:
        with transaction.atomic():
            result = keep_row(job, sender, number, facts)
            if not stays:
                transaction.set_rollback(True)
            return result
    except Rejected as rejected:
        return Result("refused", [("", rejected.reason, _("Look at that record."))])
    except Refused as refused:
        return Result("refused", [("", refused.sentence, _("Put that right and import again."))])
    except (IntegrityError, DataError):
        sentence = _("the row would break a rule of the database")
        return Result("refused", [("", sentence, _("Tell an administrator."))])
