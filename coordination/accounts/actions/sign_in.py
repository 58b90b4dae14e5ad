"""What happens at the door: sign-in, sign-out, passwords and second steps, each written down."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.crypto import salted_hmac

from coordination.accounts.models import Session, User
from coordination.audit.actions import record
from coordination.audit.models import Event
from coordination.outbox.actions import post

SIGN_IN, SECURITY = Event.Kind.SIGN_IN, Event.Kind.SECURITY


@transaction.atomic
def record_session_started(*, by: Any) -> None:
    record("session.started", kind=SIGN_IN, by=by, target=by)


@transaction.atomic
def record_session_ended(*, by: Any) -> None:
    record("session.ended", kind=SIGN_IN, by=by, target=by)


@transaction.atomic
def record_session_expired(*, by: Any, reason: str) -> None:
    """Write down a session that ended by itself: "idle" or "absolute"."""
    record("session.expired", kind=SIGN_IN, by=by, target=by, detail={"reason": reason})


@transaction.atomic
def record_session_refused(*, email: str = "", user: User | None = None, step: str = "password") -> None:
    """Write down a failed sign-in. A typed address is kept as a keyed hash only: it may be a password in the wrong field."""
    known = user or User.objects.filter(email=email.strip().lower()).first()
    detail = {"step": step}
    if known is None:
        detail["email_hash"] = salted_hmac("sign-in", email.strip().lower()).hexdigest()[:16]
    record(
        "session.refused", kind=SIGN_IN, by=None, target=known, outcome=Event.Outcome.FAILED, detail=detail
    )


@transaction.atomic
def ask_password_link(*, user: User) -> None:
    """Have a link to choose a password mailed. The answer on the screen is the same when there is no such person."""
    record("password.forgotten", kind=SECURITY, by=None, target=user)
    post("password.forgotten", user_id=str(user.pk))


@transaction.atomic
def set_password(*, user: User, password: str, keep: str | None = None) -> None:
    """Set the person's own new password and end their other sessions (`keep`: the key of this one)."""
    user.set_password(password)
    user.save(update_fields=["password"])
    end_sessions_of(user=user, keep=keep)
    record("password.changed", kind=SECURITY, by=user, target=user)
    post("security.changed", user_id=str(user.pk), what="password.changed")


@transaction.atomic
def record_second_step(*, by: Any, event: str, kind: str) -> None:
    """Write down that a person added or removed a second step or made new recovery codes, and tell them by mail."""
    record(event, kind=SECURITY, by=by, target=by, detail={"kind": kind})
    post("security.changed", user_id=str(by.pk), what=event)


@transaction.atomic
def reset_second_step(*, user: User, by: User, reason: str = "") -> int:
    """Take away every second step of someone who lost theirs, and end their sessions: they set up a new one next time."""
    User.objects.select_for_update().get(pk=user.pk)
    removed: int
    removed, _ = Authenticator.objects.filter(user_id=user.pk).delete()
    end_sessions_of(user=user)
    record("second_step.reset", kind=SECURITY, by=by, target=user, reason=reason, detail={"removed": removed})
    post("security.changed", user_id=str(user.pk), what="second_step.reset")
    return removed


@transaction.atomic
def end_other_sessions(*, by: User, keep: str | None) -> int:
    """Sign the person out everywhere but here."""
    ended = end_sessions_of(user=by, keep=keep)
    record("session.ended_elsewhere", kind=SIGN_IN, by=by, target=by, detail={"sessions": ended})
    return ended


def end_sessions_of(*, user: User, keep: str | None = None) -> int:
    """Part of an action: the caller records why."""
    ended, _ = Session.objects.filter(user_id=user.pk).exclude(session_key=keep or "").delete()
    return ended
