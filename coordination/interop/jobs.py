"""What runs on the clock."""

from coordination.interop.fhir.workspace import forget_old


def forget_files() -> None:
    """Remove the files of imports nobody came back for."""
    forget_old()
