"""Every address of the product."""

from django.urls import include, path

from coordination import beside, jump, styleguide, views

urlpatterns = [
    path("", views.home, name="home"),
    path("jump/", jump.jump, name="jump"),
    path("beside/", beside.beside, name="beside"),
    path("", include("coordination.worklist.urls")),
    path("patients/", include("patients.urls")),
    path("team/cover/", include("coordination.worklist.cover_urls")),
    path("access/", include("patients.urls.sight")),
    path("imports/", include("coordination.interop.urls")),
    path("", include("coordination.interop.office.urls")),
    path("notifications/", include("coordination.notifications.urls")),
    path("drafts/", include("coordination.drafts.urls")),
    path("health/", include("coordination.outbox.urls")),
    path("audit/", include("coordination.audit.urls")),
    path("", include("coordination.accounts.urls")),
    path("", include("coordination.clients.urls")),
    path("webhooks/", include("coordination.webhooks.urls")),
    path("api/v1/", include("coordination.api_urls")),
    path("account/", include("coordination.accounts.sign_in_urls")),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]

handler400 = "coordination.views.bad_request"
handler403 = "coordination.views.forbidden"
handler404 = "coordination.views.not_found"
handler429 = "coordination.views.too_many"
handler500 = "coordination.views.server_error"
