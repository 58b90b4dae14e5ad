"""What runs on the clock."""

from coordination.accounts.sessions import SessionStore


def clear_sessions() -> None:
    """Remove sessions past their last hour. They are refused anyway; this keeps the table small."""
    SessionStore.clear_expired()
