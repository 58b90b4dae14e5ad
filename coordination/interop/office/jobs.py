"""What runs on the clock."""

from django.conf import settings

from coordination.interop.office.export.running import SHELF
from coordination.interop.office.roster.running import SHELF as ROSTERS
from coordination.interop.office.store import forget_older


def forget_files() -> None:
    """Remove exported lists and uploaded rosters after their hours. Their pages say that they are gone."""
    forget_older(SHELF, settings.EXPORT_FILE_HOURS)
    forget_older(ROSTERS, settings.ROSTER_FILE_HOURS)
