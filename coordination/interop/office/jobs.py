"""What runs on the clock."""

from django.conf import settings

from coordination.interop.office.export.running import SHELF
from coordination.interop.office.store import forget_older


def forget_files() -> None:
    """Remove exported files after their hours. Their pages say that they are gone."""
    forget_older(SHELF, settings.EXPORT_FILE_HOURS)
