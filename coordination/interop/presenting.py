"""How an import looks: words and figures for its page."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.interop.fhir.kinds import LEFT_OUT
from coordination.interop.fhir.ledger import OUTCOMES
from patients.models import ImportIssue, ImportJob

SLOWER_AFTER = 30  # seconds of asking each second, then every three
_STATES = {
    ImportJob.Status.QUEUED: ("", "clock"),
    ImportJob.Status.RUNNING: ("blue", "loader-circle"),
    ImportJob.Status.DONE: ("green", "check"),
    ImportJob.Status.FAILED: ("red", "circle-x"),
    ImportJob.Status.CANCELLED: ("amber", "ban"),
}


def heading(job: ImportJob) -> str:
    words = _("Trial run of %(source)s") if job.dry_run else _("Import of %(source)s")
    return words % {"source": job.source}


def state_of(job: ImportJob) -> dict[str, str]:
    tone, icon = _STATES[ImportJob.Status(job.status)]
    return {"text": str(job.get_status_display()), "tone": tone, "icon": icon}


def progress_of(job: ImportJob) -> dict[str, Any]:
    """What the bar shows, and how soon the page asks again (0: it need not)."""
    running = job.finished_at is None
    age = (timezone.now() - job.created_at).total_seconds()
    if job.cancel_asked:
        words = _("Stopping")
    elif job.status == ImportJob.Status.QUEUED:
        words = _("Waiting to start")
    elif job.patients_total is None:
        words = _("Reading the files")
    else:
        words = _("%(done)s of %(total)s patients") % {
            "done": f"{job.patients_done:,}",
            "total": f"{job.patients_total:,}",
        }
    return {
        "every": (1 if age < SLOWER_AFTER else 3) if running else 0,
        "words": words,
        "max": job.patients_total if running else max(job.patients_total or 0, 1),
        "value": job.patients_done if running else max(job.patients_done, 1),
        "tone": "" if running else {"done": "green", "failed": "red", "cancelled": "amber"}[job.status],
    }


def counts_by_kind(job: ImportJob) -> list[dict[str, Any]]:
    """One line for each resource type. A type left out on purpose says why."""
    return [
        {
            "kind": kind,
            "total": sum(row.values()),
            "cells": [row[o] for o in OUTCOMES],
            "why": LEFT_OUT.get(kind, ""),
        }
        for kind, row in sorted(job.by_kind.items())
    ]


def issue_tabs(job: ImportJob, severity: str) -> list[dict[str, Any]]:
    here = reverse("interop:import", args=[job.pk])
    rejected, remark = ImportIssue.Severity.REJECTED.value, ImportIssue.Severity.REMARK.value
    return [
        {"url": here, "label": _("All"), "count": None, "current": severity not in {rejected, remark}},
        {
            "url": f"{here}?show={rejected}",
            "label": _("Rejected"),
            "count": None,
            "current": severity == rejected,
        },
        {"url": f"{here}?show={remark}", "label": _("Remarks"), "count": None, "current": severity == remark},
    ]
