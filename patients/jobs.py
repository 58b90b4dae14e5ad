"""What runs by the clock."""

import datetime as dt

from django.utils import timezone

from coordination.accounts.models import Organization
from coordination.lib.rls import organization
from patients.actions import unmerging
from patients.models import PatientMerge

LATEST = dt.timedelta(days=2)  # HOUSE: nothing that began before a merge is under way for longer


def gather_late_rows() -> None:
    """No row stays behind in a merged record, whatever was under way when it was merged."""
    for house in Organization.objects.order_by("pk"):
        with organization(house.pk):
            recent = PatientMerge.objects.filter(undone_at__isnull=True, at__gte=timezone.now() - LATEST)
            merges = list(recent.order_by("at", "pk"))
        for merge in merges:  # each for itself: the locks of one are gone before the next one's are taken
            with organization(house.pk):
                unmerging.gather_late_rows(merge=merge)
