"""Emergency access and its reviews."""

from django.urls import path

from patients.views import emergency, reviews

app_name = "access"
urlpatterns = [
    path("emergency/", emergency.emergency, name="emergency"),
    path("emergency/open/", emergency.open_, name="open"),
    path("grants/<uuid:pk>/end/", emergency.end, name="end"),
    path("grants/<uuid:pk>/left/", emergency.left, name="left"),
    path("reviews/", reviews.reviews, name="reviews"),
    path("reviews/<uuid:pk>/", reviews.review, name="review"),
]
