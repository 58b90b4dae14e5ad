"""The lists of people and teams as they can be taken away."""

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from coordination.accounts import access
from coordination.accounts.forms import PeopleFilterForm
from coordination.accounts.models import User
from coordination.lib.listing import Column, Listing
from coordination.lib.permissions import Permission, require


def users(user: User, query: QueryDict) -> Listing:
    """Who works here, with the filters that are chosen; a typed name is not kept."""
    require(user, Permission.USER_MANAGE)
    asked = {name: str(query.get(name, "")) for name in ("role", "team", "state")}
    form = PeopleFilterForm(asked, teams=access.list_teams(user))
    chosen = form.cleaned_data if form.is_valid() else {}
    choices = {name: asked[name] for name, value in chosen.items() if value and name in asked}
    words = [
        str(chosen["team"] if name == "team" else dict(form.fields[name].choices)[value])  # type: ignore[attr-defined]
        for name, value in choices.items()
    ]
    address = QueryDict(mutable=True)
    address.update(choices)
    return Listing(
        stem="users",
        title=_("Users"),
        sentence=", ".join(words) or _("Everyone"),
        rows=access.list_people(user, **chosen),
        order=[("name", "asc"), ("id", "asc")],
        columns=[
            Column("name", _("Name"), lambda person: person.name, width=28),
            Column("email", _("E-mail"), lambda person: person.email, width=32),
            Column("credential", _("Credential"), lambda person: person.credential),
            Column(
                "roles",
                _("Roles"),
                lambda person: ", ".join(str(label) for label in person.role_labels()),
                width=28,
            ),
            Column(
                "teams", _("Teams"), lambda person: ", ".join(m.team.name for m in person.teams_now), width=28
            ),
            Column(
                "second_step",
                _("Second step"),
                lambda person: _("On") if person.has_second_step else _("Not set up"),
            ),
            Column("last_login", _("Last sign-in"), lambda person: person.last_login, "moment"),
            Column(
                "active", _("Standing"), lambda person: _("Active") if person.is_active else _("Suspended")
            ),
        ],
        url=f"{reverse('accounts:users')}{'?' if choices else ''}{address.urlencode()}",
        choices=choices,
    )


def teams(user: User, query: QueryDict) -> Listing:
    """The teams one may look after."""
    return Listing(
        stem="teams",
        title=_("Teams"),
        sentence=_("All teams you look after"),
        rows=access.list_managed_teams(user),
        order=[("is_active", "desc"), ("name", "asc"), ("id", "asc")],
        columns=[
            Column("name", _("Team"), lambda team: team.name, width=28),
            Column("site", _("Site"), lambda team: team.site and team.site.name, width=28),
            Column("people", _("People"), lambda team: team.people, "number", 10),
            Column("active", _("Standing"), lambda team: _("In use") if team.is_active else _("Retired")),
        ],
        url=reverse("accounts:teams"),
    )
