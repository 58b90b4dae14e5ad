"""What an administrator says about an app."""

from urllib.parse import urlsplit

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as __

from coordination.clients.scopes import SCOPES

LOOPBACK = {"127.0.0.1", "[::1]"}


class AppForm(forms.Form):
    name = forms.CharField(
        label=__("Name"), max_length=100, help_text=__("People read it before they agree.")
    )
    redirect_uris = forms.CharField(
        label=__("Return addresses"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=__("One a line, with https. Where the person comes back to after they agreed."),
    )
    scopes = forms.MultipleChoiceField(
        label=__("What it may do at most"),
        choices=[(name, scope.label) for name, scope in SCOPES.items()],
        widget=forms.CheckboxSelectMultiple,
        help_text=__("It never does more than the person it acts for may do."),
    )
    is_public = forms.BooleanField(
        label=__("It runs on people's own devices and cannot keep a secret"), required=False
    )

    def clean_redirect_uris(self) -> list[str]:
        addresses = [line.strip() for line in self.cleaned_data["redirect_uris"].splitlines() if line.strip()]
        for address in addresses:
            if not is_safe_return(address):
                raise forms.ValidationError(
                    _("%(address)s: a return address begins with https:// and has no # and no *.")
                    % {"address": address}
                )
        return addresses


def is_safe_return(address: str) -> bool:
    """https, or a port of the person's own machine (RFC 8252 §7.3); no fragment, no name, no wildcard."""
    try:
        parts = urlsplit(address)
        host = parts.netloc.rpartition(":")[0] or parts.netloc
        _port = parts.port
    except ValueError:
        return False
    if not parts.hostname or parts.fragment or "@" in parts.netloc or set(" *\\") & set(address):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)
