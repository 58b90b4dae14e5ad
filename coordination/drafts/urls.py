from django.urls import path

from coordination.drafts import views

app_name = "drafts"
urlpatterns = [
    path("<slug:form>/<uuid:pk>/", views.keep, name="keep"),
    path("<slug:form>/<uuid:pk>/discard/", views.discard, name="discard"),
]
