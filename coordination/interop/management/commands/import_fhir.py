"""Import FHIR R4 from files or folders: `manage.py import_fhir PATH... --organization ... --source ...`."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q
from django.utils.translation import gettext as _

from coordination.accounts.actions import ensure_system_user
from coordination.accounts.models import Organization, Team, User
from coordination.accounts.permissions import Permission
from coordination.interop.fhir.bundles import Index
from coordination.interop.fhir.ledger import OUTCOMES
from coordination.interop.fhir.plans import Spool
from coordination.interop.fhir.problems import Unreadable
from coordination.interop.fhir.reading import find_files
from coordination.interop.fhir.running import JOB_FIELDS, Halted, Run, finish, get_job
from coordination.interop.fhir.workspace import Workspace
from coordination.interop.texts import csv_rows, issue_line
from coordination.lib.rls import organization
from patients.models import ImportIssue, ImportJob

SHOWN = 50


class Command(BaseCommand):
    help = "Import patients from FHIR R4: Bundles, single resources or NDJSON, plain or gzip."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, help="files or folders")
        parser.add_argument("--organization", help="name or id (not needed when there is only one)")
        parser.add_argument("--team", help="the team new patients come to")
        parser.add_argument("--coordinator", help="e-mail of who answers for new patients")
        parser.add_argument(
            "--source", help="name of the sending system; the same name next time updates, another adds"
        )
        parser.add_argument("--dry-run", action="store_true", help="do everything and take it back")
        parser.add_argument(
            "--resume", metavar="JOB", help="go on with an import that was stopped, with the same paths"
        )
        parser.add_argument(
            "--issues", type=Path, metavar="FILE", help="write every remark and rejection as CSV"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        files = self._files(options["paths"])
        house = _organization(options["organization"])
        with organization(house.pk):
            job = self._resumed(house, options["resume"]) if options["resume"] else _new_job(house, options)
        started = time.monotonic()
        workspace = Workspace.create()
        try:
            index = workspace.index(files)
            self._run(job, index, workspace)
        finally:
            workspace.remove()
        self._report(job, index, files, time.monotonic() - started, options["issues"])

    def _files(self, paths: list[Path]) -> list[Path]:
        try:
            files = find_files(paths)
        except Unreadable as problem:
            raise CommandError(problem.sentence, returncode=2) from None
        if not files:
            raise CommandError(_("There is no .json or .ndjson file in these folders."), returncode=2)
        return files

    def _resumed(self, house: Organization, pk: str) -> ImportJob:
        job = (
            ImportJob.objects.select_related(*JOB_FIELDS)
            .filter(organization=house, pk=pk, stored_file="")
            .first()
        )
        if job is None or job.status == ImportJob.Status.DONE:
            raise CommandError(_("There is no such import that was stopped."))
        job.status, job.finished_at, job.cancel_asked = ImportJob.Status.RUNNING, None, False
        job.save(update_fields=["status", "finished_at", "cancel_asked"])
        return job

    def _run(self, job: ImportJob, index: Index, workspace: Workspace) -> None:
        if job.patients_total is not None and job.resources_read != index.resources:
            raise CommandError(_("These are not the files the import was started with."))
        try:
            with Spool(workspace.spool, index) as spool:
                run = Run(job, index, spool)
                if job.patients_total is None:
                    run.begin()
                while not run.is_through:
                    run.step()
                    self._progress(job)
                run.end()
        except Halted:
            finish(get_job(job.organization_id, job.pk) or job, ImportJob.Status.CANCELLED)
            raise CommandError(
                _("The import was stopped. Go on with --resume %(job)s") % {"job": job.pk}
            ) from None
        except KeyboardInterrupt:
            self.stderr.write(_("\nStopped. Go on with --resume %(job)s") % {"job": job.pk})
            raise

    def _progress(self, job: ImportJob) -> None:
        if self.stderr.isatty() or job.patients_done == job.patients_total:
            line = _("%(done)s of %(total)s patients") % {
                "done": job.patients_done,
                "total": job.patients_total,
            }
            self.stderr.write(f"\r{line}", ending="\n" if job.patients_done == job.patients_total else "")

    def _report(
        self, job: ImportJob, index: Index, files: list[Path], seconds: float, issues: Path | None
    ) -> None:
        self._issues(job, issues)
        self._table(job)
        rate = job.patients_done / seconds if seconds else 0.0
        self.stdout.write(
            _("%(patients)s patients in %(seconds).1f s (%(rate).1f each second), job %(job)s")
            % {"patients": job.patients_done, "seconds": seconds, "rate": rate, "job": job.pk}
        )
        if job.dry_run:
            self.stdout.write(_("This was a trial run: nothing was stored."))
        for broken in index.broken:
            self.stderr.write(f"{files[broken.file - 1]}: {broken.sentence}")
        if job.resources_read == 0:
            raise CommandError(_("Nothing could be read."), returncode=2)

    def _table(self, job: ImportJob) -> None:
        heads = [_("in"), _("created"), _("changed"), _("unchanged"), _("left out"), _("rejected")]
        rows = [
            (kind, [sum(row.values()), *(row[o] for o in OUTCOMES)])
            for kind, row in sorted(job.by_kind.items())
        ]
        rows.append((_("all"), [job.resources_read, *(getattr(job, outcome) for outcome in OUTCOMES)]))
        self.stdout.write(f"{'':24}" + "".join(f"{head:>11}" for head in heads))
        for kind, numbers in rows:
            self.stdout.write(f"{kind:24}" + "".join(f"{number:>11,}" for number in numbers))

    def _issues(self, job: ImportJob, path: Path | None) -> None:
        with organization(job.organization_id):
            listed = ImportIssue.objects.filter(job=job).order_by("id")
            if path:
                with path.open("w", newline="") as file:
                    file.writelines(csv_rows(listed.iterator()))
            total = listed.count()
            for issue in listed[:SHOWN]:
                self.stdout.write(issue_line(issue))
        if total > SHOWN:
            self.stdout.write(_("... and %(n)s more; --issues FILE writes them all") % {"n": total - SHOWN})


def _organization(named: str | None) -> Organization:
    if named is None:
        everyone = list(Organization.objects.all()[:2])
        if len(everyone) != 1:
            raise CommandError(_("Say which organization with --organization."))
        return everyone[0]
    by_id = Q(pk=named) if _is_uuid(named) else Q(name__iexact=named)
    found = Organization.objects.filter(by_id).first()
    if found is None:
        raise CommandError(_("There is no organization %(name)s.") % {"name": named})
    return found


def _is_uuid(text: str) -> bool:
    return len(text) == 36 and text.count("-") == 4


def _new_job(house: Organization, options: dict[str, Any]) -> ImportJob:
    source = (options["source"] or "").strip()
    if not source or source == "staff" or len(source) > 120:
        raise CommandError(
            _("Name the sending system with --source; it becomes part of where each line came from.")
        )
    return ImportJob.objects.create(
        organization=house,
        status=ImportJob.Status.RUNNING,
        dry_run=options["dry_run"],
        source=source,
        team=_team(house, options["team"]),
        coordinator=_coordinator(house, options["coordinator"]),
        created_by=ensure_system_user(house),
    )


def _team(house: Organization, name: str | None) -> Team | None:
    team = (
        Team.objects.filter(organization=house, name__iexact=name, is_active=True).first() if name else None
    )
    if name and team is None:
        raise CommandError(_("There is no team %(name)s.") % {"name": name})
    return team


def _coordinator(house: Organization, email: str | None) -> User | None:
    user = User.objects.filter(organization=house, email__iexact=email).first() if email else None
    if email and (user is None or not user.may(Permission.CONTACT_LOG)):
        raise CommandError(_("Nobody with this e-mail address carries patients here."))
    return user
