"""The audit trail as it can be taken away, with the filters of its page."""

from typing import Any

from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from coordination.audit.access import NEWEST_FIRST, list_events, list_people
from coordination.audit.forms import EventFilter
from coordination.audit.models import Event
from coordination.audit.sentences import sentence
from coordination.lib.listing import Column, Listing, words_of


def events(user: Any, query: QueryDict) -> Listing:
    """Filters that mean nothing are no list: a file never holds more than was asked for."""
    form = EventFilter(query, people=list_people(user))
    if not form.is_valid():
        raise Http404
    choices, filters = form.chosen(), form.filters()
    address = QueryDict(mutable=True)
    address.update(choices)
    return Listing(
        stem="audit",
        title=_("Audit"),
        sentence=", ".join(form.words().values()) or _("Everything"),
        rows=list_events(user, **filters),
        order=NEWEST_FIRST,
        columns=[
            Column("at", _("When"), lambda event: event.at, "moment"),
            Column("who", _("Who"), lambda event: event.actor_name or _("Nobody signed in")),
            Column("what", _("What"), sentence, width=40),
            Column("kind", _("Kind"), words_of(Event, "kind")),
            Column("outcome", _("Outcome"), words_of(Event, "outcome"), width=12),
            Column("changed", _("Fields"), lambda event: ", ".join(event.changed), width=30),
            Column("reason", _("Reason"), lambda event: event.reason, width=30),
            Column("about", _("About"), _about),
            Column("about_id", _("Number"), lambda event: event.patient_id or event.target_id, width=38),
            Column("door", _("Through"), lambda event: event.door),
            Column("address", _("Address"), lambda event: event.address),
        ],
        url=f"{reverse('audit:events')}{'?' if choices else ''}{address.urlencode()}",
        choices=choices,
        patient_id=filters["patient"],
    )


def _about(event: Event) -> str:
    return _("One patient") if event.patient_id else event.target_type
