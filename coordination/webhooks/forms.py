"""What an administrator says about an endpoint."""

from django import forms
from django.utils.translation import gettext_lazy as __

from coordination.webhooks.models import EVENTS


class EndpointForm(forms.Form):
    url = forms.CharField(
        label=__("Address"),
        max_length=500,
        help_text=__("https, on the internet. It gets a POST for each event."),
    )
    events = forms.MultipleChoiceField(
        label=__("What it is told"), choices=list(EVENTS.items()), widget=forms.CheckboxSelectMultiple
    )
