"""How a job with a spreadsheet looks: its state, its progress, and how soon the page asks again."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.interop.office.models import Job

SLOWER_AFTER = 30  # seconds of asking each second, then every three
_STATES = {
    Job.Status.QUEUED: ("", "clock"),
    Job.Status.RUNNING: ("blue", "loader-circle"),
    Job.Status.DONE: ("green", "check"),
    Job.Status.FAILED: ("red", "circle-x"),
    Job.Status.CANCELLED: ("amber", "ban"),
}


def state_of(job: Job) -> dict[str, str]:
    tone, icon = _STATES[Job.Status(job.status)]
    label = Job.Status(job.status).label
    return {"text": str(label), "tone": tone, "icon": icon}


def progress_of(job: Job) -> dict[str, Any]:
    """What the bar shows, and how soon the page asks again (0: it need not)."""
    running = not job.is_over
    age = (timezone.now() - job.created_at).total_seconds()
    total = job.rows_total
    return {
        "every": (1 if age < SLOWER_AFTER else 3) if running else 0,
        "words": _words(job),
        "max": total if running else 1,
        "value": job.rows_done if running else 1,
        "tone": "" if running else _STATES[Job.Status(job.status)][0],
    }


def _words(job: Job) -> str:
    if job.is_over:
        return state_of(job)["text"]
    if job.cancel_asked:
        return _("Stopping")
    if job.rows_total is None:
        return _("Waiting to start") if job.status == Job.Status.QUEUED else _("Reading the file")
    if job.rows_done >= job.rows_total:
        return _("Finishing")
    return _("%(done)s of %(total)s rows") % {"done": f"{job.rows_done:,}", "total": f"{job.rows_total:,}"}
