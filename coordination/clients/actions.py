"""Letting a program in, agreeing to it, and showing it the door."""

from collections.abc import Iterable, Sequence

from allauth.idp.oidc.adapter import get_adapter
from allauth.idp.oidc.models import Client, Token
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from coordination.accounts.models import User
from coordination.audit.actions import record
from coordination.audit.models import Event
from coordination.clients.access import this_minute
from coordination.clients.models import App
from coordination.clients.scopes import SCOPES
from coordination.lib.refusal import Refused

GRANTS = [Client.GrantType.AUTHORIZATION_CODE, Client.GrantType.REFRESH_TOKEN]
_COUNT = """
    insert into clients_use (app_id, user_id, minute, calls) values (%s, %s, %s, 1)
    on conflict (app_id, user_id) do update set minute = excluded.minute,
        calls = case when clients_use.minute = excluded.minute then clients_use.calls + 1 else 1 end
    returning calls
"""


@transaction.atomic
def register_app(
    *, name: str, redirect_uris: Sequence[str], scopes: Iterable[str], is_public: bool, by: User
) -> tuple[App, str]:
    """Let a program in. Returns it with its secret, which is kept as a hash only; a public app (on a phone) has none."""
    wanted = [scope for scope in SCOPES if scope in set(scopes)]
    if not wanted:
        raise Refused(_("Choose what the app may do."), field="scopes")
    secret = "" if is_public else get_adapter().generate_client_secret()
    client = Client(
        name=name.strip(),
        type=Client.Type.PUBLIC if is_public else Client.Type.CONFIDENTIAL,
        owner=None,
    )
    client.set_redirect_uris(list(redirect_uris))
    client.set_scopes(wanted)
    client.set_grant_types(GRANTS)
    client.set_response_types([Client.ResponseType.CODE])
    client.set_secret(secret or get_adapter().generate_client_secret())
    client.save(force_insert=True)
    app = App(organization_id=by.organization_id, client=client, name=name.strip(), created_by=by)
    try:
        with transaction.atomic():
            app.save(force_insert=True)
    except IntegrityError:
        raise Refused(_("Another app has this name."), field="name") from None
    record("app.registered", kind=Event.Kind.SECURITY, by=by, target=app, detail={"scopes": wanted})
    return app, secret


@transaction.atomic
def disable_app(*, app: App, by: User) -> App:
    """End an app for everyone: its tokens are gone, and it gets no new ones."""
    app = App.objects.select_for_update().get(pk=app.pk)
    if app.disabled_at is not None:
        raise Refused(_("This app is disabled already."))
    ended, _by_model = Token.objects.filter(client_id=app.client_id).delete()
    Client.objects.filter(pk=app.client_id).update(grant_types="", response_types="")
    app.disabled_at, app.disabled_by = timezone.now(), by
    app.save(update_fields=["disabled_at", "disabled_by"])
    record("app.disabled", kind=Event.Kind.SECURITY, by=by, target=app, detail={"tokens": ended})
    return app


@transaction.atomic
def revoke_app(*, app: App, by: User) -> None:
    """Take back what one person agreed to."""
    ended, _by_model = Token.objects.filter(client_id=app.client_id, user_id=by.pk).delete()
    if not ended:
        raise Refused(_("This app holds no access of yours."))
    record("app.revoked", kind=Event.Kind.SECURITY, by=by, target=app, detail={"tokens": ended})


def record_approval(*, app: App, by: User, scopes: Iterable[str]) -> None:
    """A person agreed that the app acts for them."""
    record("app.approved", kind=Event.Kind.SECURITY, by=by, target=app, detail={"scopes": sorted(scopes)})


def count_call(*, app: App, user: User) -> int:
    """Note one call, and return how many there were in this minute."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [app.pk, user.pk, this_minute()])
        calls: int = cursor.fetchone()[0]
    return calls
