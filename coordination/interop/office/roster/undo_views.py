"""The interruption before a roster is taken back."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from coordination.interop.office.roster import actions
from coordination.interop.office.roster.access import get_roster, undoable
from coordination.interop.office.roster.forms import UndoForm
from coordination.lib.refusal import Refused


@require_http_methods(["GET", "HEAD", "POST"])
def roster_undo(request: HttpRequest, pk: Any) -> HttpResponse:
    user: Any = request.user
    job = get_roster(user, pk)
    sent = request.method == "POST"
    form = UndoForm(request.POST) if sent else UndoForm()
    if sent and form.is_valid():
        try:
            actions.undo_roster(job=job, reason=form.cleaned_data["reason"], by=user)
            return redirect("office:roster", pk=job.pk)
        except Refused as refused:
            form.add_error(refused.field or None, refused.sentence)
    context = {"job": job, "form": form, "rows": undoable(job)}
    return render(request, "office/roster_undo.html", context, status=422 if sent else 200)
