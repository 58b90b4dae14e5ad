"""An import at work: patient by patient, each in one transaction with the count of how far it came."""

from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.audit.actions import record
from coordination.interop.fhir.bundles import Index
from coordination.interop.fhir.keeping import Keeper
from coordination.interop.fhir.ledger import OUTCOMES, Issue, Ledger
from coordination.interop.fhir.plans import Planner, Spool
from coordination.lib.ids import new_id
from coordination.lib.retry import again_on_conflict
from coordination.lib.rls import organization
from coordination.notifications.actions import notify
from coordination.notifications.models import Notification
from patients.models import ImportIssue, ImportJob

ISSUES_LISTED = 10_000  # HOUSE: beyond that they are counted, not listed
JOB_FIELDS = ("organization", "team", "coordinator", "created_by")


class Halted(Exception):
    """Someone asked to stop, or another process has taken the import over."""


class _Undo(Exception):
    """Take back what a trial run did."""


def get_job(organization_id: Any, pk: Any) -> ImportJob | None:
    with organization(organization_id):
        return ImportJob.objects.select_related(*JOB_FIELDS).filter(pk=pk).first()


class Run:
    """One import and its reading. Everything it stores, it stores in the organization of the job."""

    def __init__(self, job: ImportJob, index: Index, spool: Spool) -> None:
        self.job = job
        self.index = index
        self.planner = Planner(spool, job.organization.zone, job.organization.today())
        self.keeper = Keeper(job.organization, job.source, job.created_by, job.team, job.coordinator)
        self._listed = 0

    @property
    def is_through(self) -> bool:
        return self.job.patients_done >= len(self.index.groups)

    def begin(self) -> Ledger:
        """Account for what belongs to no patient: left out, unreadable, unknown."""
        ledger = Ledger()
        for kind, number in self.index.left_out.items():
            ledger.count(kind, "kept", number)
        for refusal in self.index.refusals:
            ledger.reject(refusal.kind, refusal.name, refusal.path, refusal.reason)
        for broken in self.index.broken:
            ledger.refuse_file(_("file %(n)s") % {"n": broken.file}, broken.sentence)
        with organization(self.job.organization_id):
            self._save(ledger, 0, patients_total=len(self.index.groups), resources_read=self.index.resources)
            record(
                "import.started",
                by=self.job.created_by,
                target=self.job,
                detail={"patients": len(self.index.groups)},
            )
        self._moved(ledger, 0)
        self.job.patients_total, self.job.resources_read = len(self.index.groups), self.index.resources
        return ledger

    def step(self) -> Ledger:
        """Import the next patient. A trial run does the same and takes it back."""
        plan = self.planner.read(self.index.groups[self.job.patients_done])
        issues, counts = (
            list(plan.ledger.issues),
            {kind: dict(row) for kind, row in plan.ledger.by_kind.items()},
        )

        def keep() -> Ledger:
            plan.ledger = Ledger({kind: dict(row) for kind, row in counts.items()}, list(issues))
            with organization(self.job.organization_id):
                ledger = self._tried(plan) if self.job.dry_run else self.keeper.keep(plan)
                self._save(ledger, 1)
            return ledger

        ledger = again_on_conflict(keep)
        self._moved(ledger, 1)
        return ledger

    def _tried(self, plan: Any) -> Ledger:
        try:
            with transaction.atomic():
                ledger = self.keeper.keep(plan)
                raise _Undo
        except _Undo:
            return ledger

    def _save(self, ledger: Ledger, patients: int, **more: Any) -> None:
        """Move the job on by this much. Raises Halted if it was stopped or somebody else moved it meanwhile."""
        mine = ImportJob.objects.filter(
            pk=self.job.pk,
            status=ImportJob.Status.RUNNING,
            cancel_asked=False,
            patients_done=self.job.patients_done,
        )
        counts = {outcome: F(outcome) + ledger.total(outcome) for outcome in OUTCOMES}
        moved = {"patients_done": F("patients_done") + patients, "by_kind": self._by_kind_with(ledger)}
        if not mine.update(**moved, **counts, **more):
            raise Halted
        self._list(ledger.issues)

    def _by_kind_with(self, ledger: Ledger) -> dict[str, dict[str, int]]:
        both = Ledger({kind: dict(row) for kind, row in self.job.by_kind.items()})
        both.add(ledger)
        return both.by_kind

    def _moved(self, ledger: Ledger, patients: int) -> None:
        """The same on the job held here, once it is stored."""
        self.job.by_kind = self._by_kind_with(ledger)
        self.job.patients_done += patients
        for outcome in OUTCOMES:
            setattr(self.job, outcome, getattr(self.job, outcome) + ledger.total(outcome))

    def _list(self, issues: list[Issue]) -> None:
        if not self._listed:
            self._listed = ImportIssue.objects.filter(job=self.job).count()
        room = max(0, ISSUES_LISTED - self._listed)
        listed = issues[:room]
        ids = sorted(new_id() for _issue in listed)  # ids of one millisecond are in no order of their own
        ImportIssue.objects.bulk_create(
            [
                ImportIssue(id=pk, organization_id=self.job.organization_id, job=self.job, **issue._asdict())
                for pk, issue in zip(ids, listed, strict=True)
            ],
            batch_size=2000,
        )
        self._listed += len(listed)

    def end(self) -> None:
        """Everything was seen: the numbers must add up before anyone is told that it is done."""
        accounted = sum(getattr(self.job, outcome) for outcome in OUTCOMES)
        if accounted != self.job.resources_read:
            raise ArithmeticError(f"{accounted} of {self.job.resources_read} resources are accounted for")
        nothing = self.job.resources_read == 0 and bool(self.index.broken)
        finish(
            self.job,
            ImportJob.Status.FAILED if nothing else ImportJob.Status.DONE,
            error=self.index.broken[0].sentence if nothing else "",
        )


def finish(job: ImportJob, status: str, *, error: str = "") -> None:
    """Close a job, whichever way it ended."""
    with organization(job.organization_id):
        job.status, job.error, job.finished_at = status, error[:500], timezone.now()
        job.save(update_fields=["status", "error", "finished_at"])
        counts: dict[str, int] = {outcome: getattr(job, outcome) for outcome in OUTCOMES}
        record("import.finished", by=job.created_by, target=job, detail={"status": status, **counts})
        if not job.created_by.is_system:
            notify(
                user=job.created_by,
                kind=Notification.Kind.IMPORT,
                text=_("The import of %(source)s has ended: %(state)s")
                % {"source": job.source, "state": job.get_status_display()},
                route="interop:import",
                subject_id=job.pk,
                key=f"import.finished:{job.pk}",
            )
