"""Emergency access and its reviews."""

from django.urls import path

from coordination.idempotency.claims import repeatable
from patients.views import emergency, explain, reviews

app_name = "access"
urlpatterns = [
    path("emergency/", emergency.emergency, name="emergency"),
    path("emergency/open/", emergency.open_, name="open"),
    path("grants/<uuid:pk>/end/", emergency.end, name="end"),
    path("grants/<uuid:pk>/left/", emergency.left, name="left"),
    path("explain/", repeatable(explain.explain), name="explain"),
    path("reviews/", reviews.reviews, name="reviews"),
    path("reviews/<uuid:pk>/", reviews.review, name="review"),
]
