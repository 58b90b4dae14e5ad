"""A few addresses that write, beside the product's own."""

import threading
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from coordination.audit.actions import record
from coordination.idempotency.middleware import LARGEST_BODY
from coordination.urls import handler400, handler403, handler404, handler500  # noqa: F401
from coordination.urls import urlpatterns as products

held = threading.Event()
go_on = threading.Event()
go_on.set()


def write(request: HttpRequest) -> HttpResponse:
    """Write one row and answer with its number."""
    user: Any = request.user
    event = record("test.written", by=user)
    held.set()
    go_on.wait(10)
    how = request.POST.get("how") or request.GET.get("how", "")
    if how == "refuse":
        return HttpResponse("not now", status=422)
    if how == "fail":
        raise ValueError
    if how == "stream":
        return StreamingHttpResponse([b"a", b"b"])
    if how == "file":
        return FileResponse([b"a"])
    if how == "large":
        return HttpResponse("x" * (LARGEST_BODY + 1))
    response = HttpResponse(str(event.pk), status=201)
    response["HX-Trigger"] = "saved"
    response["X-Secret"] = "not kept"
    return response


urlpatterns = [path("test/write/", write, name="write"), path("test/other/", write, name="other"), *products]
