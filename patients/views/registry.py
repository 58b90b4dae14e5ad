"""The list of patients, and the search that keeps names out of addresses."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from coordination.accounts.access import uuids
from coordination.accounts.middleware import passive
from coordination.audit.actions import record_access
from coordination.lib.paging import Count, Page, count_of, count_within, keyset
from coordination.lib.permissions import Permission, require
from coordination.lib.staleness import SHOWN_MOST, read_moment
from coordination.notifications.access import remember_unread, unread_within
from patients import registry as table
from patients.access import list_patients
from patients.finding import find, fingerprint
from patients.forms.registry import FilterForm, SearchForm
from patients.searches import keep_search, searches_of
from patients.walking import along, asked_of


@require_safe
def registry(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    require(user, Permission.PATIENT_VIEW)
    now = timezone.now()
    text = _searched(request)
    form = _form(request, searching=bool(text))
    chosen = form.chosen()
    sort = chosen.pop("sort", "match" if text else "name")
    is_filtered = bool(chosen)
    chosen.setdefault("status", table.default_status(searching=bool(text)))
    form.data = {**chosen, "sort": sort, "offered": request.GET.get("offered", "")}
    patients = table.narrowed(list_patients(user), chosen, user)
    page, count = (
        _matches(patients, text, request, sort, chosen) if text else _listed(patients, request, sort, chosen)
    )
    words = table.said(form, chosen)
    columns = table.columns_for(user)
    context = {
        "rows": table.rows(page.rows, user, along=along(asked_of(request.GET))),
        "columns": columns,
        "labels": {key: str(column.label) for key, column in columns.items()},  # said in each row
        "sort": sort,
        "pager": page.links(request.GET, total=count),
        "count": count,
        "is_closest": sort == "match" and count.number > len(page),
        "text": text,
        "sentence": _sentence(words, text, count),
        "chips": table.chips(words, request.GET),
        "search_off_url": _without(request, "s", "sort") if text else "",
        "clear_url": f"?s={request.GET['s']}" if text else request.path,
        "filters": form,
        "search": SearchForm(initial={"text": text}),
        "is_filtered": is_filtered,
        "tabs": _tabs(request, chosen),
        "can_correct": user.may(Permission.PATIENT_EDIT),
        "can_register": user.may(Permission.PATIENT_REGISTER),
        "can_break_glass": user.may(Permission.BREAK_GLASS),
        "refreshed_at": now,
        "changes_url": _address_at(request, "patients:registry_changes", since=now.isoformat()),
        "poll_seconds": settings.STALE_POLL_SECONDS,
    }
    if request.GET.get("s") and not text:
        messages.info(request, _("This search has ended. Search again."))
    part = "patients/_list.html" if getattr(request, "htmx", False) else "patients/registry.html"
    response = render(request, part, context)
    response.headers["Vary"] = "HX-Request"
    response.headers["HX-Push-Url"] = _address(request)
    return response


@passive
@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """How many records of the list others changed since it was read; nothing to say is 204. Asked by the page itself."""
    user: Any = request.user
    require(user, Permission.PATIENT_VIEW)
    since, shown = read_moment(request.GET.get("since", "")), request.GET.get("ids", "").split(",")
    listed = None
    if not request.GET.get("s"):
        form, _also = table.filters_of(user, request.GET, searching=False)
        chosen = form.chosen()
        chosen.setdefault("status", table.default_status(searching=False))
        listed = table.narrowed(list_patients(user), chosen, user)
    number = table.count_changes(user, listed, since, uuids(shown[:SHOWN_MOST])) if since else 0
    if not number:
        return HttpResponse(status=204)
    show_url = _address_at(request, "patients:registry")
    return render(request, "components/changes.html", {"number": number, "show_url": show_url})


@require_POST
def search(request: HttpRequest) -> HttpResponse:
    """Keep what was typed on the server, and go to an address that names only the search."""
    user: Any = request.user
    require(user, Permission.PATIENT_VIEW)
    form = SearchForm(request.POST)
    if not form.is_valid():
        return redirect("patients:registry")
    text = form.cleaned_data["text"]
    found = find(user, list_patients(user), text)
    record_access(
        "search", "patient.searched", by=user, detail={"query": fingerprint(text), "results": len(found)}
    )
    return redirect(f"{reverse('patients:registry')}?s={keep_search(request, text)}")


def _form(request: HttpRequest, *, searching: bool) -> FilterForm:
    """The filters. A whole page shows the bell too, which is counted in the same statement."""
    user: Any = request.user
    also = {} if getattr(request, "htmx", False) else {"unread": unread_within(user)}
    form, said = table.filters_of(user, request.GET, searching=searching, **also)
    if also:
        remember_unread(user, said["unread"])
    return form


def _searched(request: HttpRequest) -> str:
    return searches_of(request).get(request.GET.get("s", ""), "")


def _listed(
    patients: Any, request: HttpRequest, sort: str, chosen: dict[str, str]
) -> tuple[Page[Any], Count]:
    user: Any = request.user
    column = table.columns_for(user)[sort.lstrip("-")]
    ordered = table.annotated(patients, column.key)
    order = column.order(descending=sort.startswith("-"))
    after, before = request.GET.get("after"), request.GET.get("before")
    counted = ordered.annotate(how_many=count_within(patients))
    few = table.is_few(user, chosen, column.key)
    page = keyset(counted, order=order, after=after, before=before, size=table.PAGE, few=few)
    return page, count_of(page.rows)


def _matches(
    patients: Any, text: str, request: HttpRequest, sort: str, chosen: dict[str, str]
) -> tuple[Page[Any], Count]:
    """Closest first, one page of them; sorted by a column, all that were found."""
    user: Any = request.user
    found = find(user, patients, text)
    mine = patients.filter(pk__in=found)
    if sort != "match":
        return _listed(mine, request, sort, chosen)
    place = {pk: number for number, pk in enumerate(found)}
    best = sorted(mine.filter(pk__in=found[: table.PAGE]), key=lambda patient: place[patient.pk])
    return Page(best), Count(len(found))


def _sentence(words: dict[str, str], text: str, count: Count) -> str:
    """High risk, no contact in 14 days. 6 patients."""
    if text:
        search = {"search": _("search for “%(text)s”") % {"text": text}}
        words = search | {
            name: said for name, said in words.items() if name != "status" or said != _("Everyone")
        }
    filters = ", ".join(words.values())
    how_many = ngettext("%(n)s patient", "%(n)s patients", count.number) % {"n": count}
    return f"{filters[:1].upper()}{filters[1:]}. {how_many}."


def _tabs(request: HttpRequest, chosen: dict[str, str]) -> list[dict[str, Any]]:
    mine = chosen.get("coordinator") == "me"
    return [
        {
            "url": _without(request, "coordinator"),
            "label": _("Everyone I may see"),
            "current": not chosen.get("coordinator"),
        },
        {"url": _without(request, "coordinator", coordinator="me"), "label": _("Mine"), "current": mine},
    ]


def _address(request: HttpRequest) -> str:
    """The address of this list without what was left open, to be kept and sent on."""
    query = request.GET.copy()
    for name in [name for name, value in query.items() if not value]:
        query.pop(name)
    return f"{request.path}?{query.urlencode()}" if query else request.path


def _address_at(request: HttpRequest, route: str, **values: str) -> str:
    """The same list at another address: what it asks for and where it stands in it."""
    query = request.GET.copy()
    for name in ("since", "ids"):
        query.pop(name, None)
    query.update(values)
    return f"{reverse(route)}?{query.urlencode()}"


def _without(request: HttpRequest, *names: str, **values: str) -> str:
    query = request.GET.copy()
    for name in (*names, "after", "before"):
        query.pop(name, None)
    query.update(values)
    return f"?{query.urlencode()}"
