"""The shape of what people type at the door, about each other, about teams and about themselves."""

from typing import Any
from zoneinfo import available_timezones

from allauth.account import forms as account_forms
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as code_forms
from allauth.mfa.totp import forms as app_forms
from allauth.mfa.webauthn import forms as passkey_forms
from django import forms
from django.conf import settings
from django.core.cache import cache
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from coordination.accounts import actions
from coordination.accounts.access import working_in
from coordination.accounts.keys import COMMANDS, FIXED, key_of, own_only, read_key, shown
from coordination.accounts.models import Site, Team, User
from coordination.accounts.person_field import PersonField
from coordination.accounts.roles import ROLES
from coordination.lib.day_field import DayField

ONE_STEP = 30  # seconds a code is valid, before the tolerance


# --- at the door --------------------------------------------------------------------------------------------------
class Plain:
    """Labels above the fields, no placeholders inside; what helps a password manager and a phone keyboard."""

    labels: dict[str, Any] = {}
    hints: dict[str, Any] = {}
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            field.help_text = self.hints.get(name, "")


NEW_PASSWORD = {"password1": _("New password"), "password2": _("New password again")}
LONG = {
    "password1": _(
        "At least 15 characters: four words you do not see together elsewhere are easy to remember. You can paste it."
    )
}


class SignInForm(Plain, account_forms.LoginForm):  # type: ignore[misc]
    labels = {"login": _("Work e-mail"), "password": _("Password")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs.update(
            {"autocomplete": "username", "inputmode": "email", "autocapitalize": "none"}
        )


class ForgottenForm(Plain, account_forms.ResetPasswordForm):  # type: ignore[misc]
    labels = {"email": _("Work e-mail")}


class ChoosePasswordForm(Plain, account_forms.ResetPasswordKeyForm):  # type: ignore[misc]
    labels, hints = NEW_PASSWORD, LONG


class ChangePasswordForm(Plain, account_forms.ChangePasswordForm):  # type: ignore[misc]
    labels, hints = {"oldpassword": _("Current password"), **NEW_PASSWORD}, LONG


class SetPasswordForm(Plain, account_forms.SetPasswordForm):  # type: ignore[misc]
    labels, hints = NEW_PASSWORD, LONG


class PasswordAgainForm(Plain, account_forms.ReauthenticateForm):  # type: ignore[misc]
    labels = {"password": _("Password")}


class OnceOnlyCode(Plain):
    """A code is tried once, for as long as the clock could accept it: of two who send the same, one gets in."""

    user: Any
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        code = "".join(self.cleaned_data["code"].split())
        self.cleaned_data["code"] = code
        span = ONE_STEP * (2 * settings.MFA_TOTP_TOLERANCE + 2)
        if not cache.add(f"code-tried:{self.user.pk}:{code}", "1", timeout=span):
            self._emit_authentication_failed(None)
            raise get_adapter().validation_error("incorrect_code")
        checked: str = super().clean_code()  # type: ignore[misc]
        return checked

    def _emit_authentication_failed(self, authenticator: Any) -> None:
        actions.record_session_refused(user=self.user, step="code")


CODE = {"code": _("Code")}
CODE_HINT = {"code": _("Six digits from your authenticator app, or one of your recovery codes.")}


class CodeForm(OnceOnlyCode, code_forms.AuthenticateForm):  # type: ignore[misc]
    labels, hints = CODE, CODE_HINT


class CodeAgainForm(OnceOnlyCode, code_forms.ReauthenticateForm):  # type: ignore[misc]
    labels, hints = CODE, CODE_HINT


class ActivateAppForm(Plain, app_forms.ActivateTOTPForm):  # type: ignore[misc]
    labels = {"code": _("Code from the app")}
    hints = {"code": _("Six digits. They change every 30 seconds.")}


class AddPasskeyForm(Plain, passkey_forms.AddWebAuthnForm):  # type: ignore[misc]
    labels = {"name": _("Name"), "passwordless": _("Also sign in with it alone, without a password")}
    hints = {
        "name": _("To tell your devices apart."),
        "passwordless": _("The device then asks for your fingerprint, face or PIN."),
    }


class RenamePasskeyForm(Plain, passkey_forms.EditWebAuthnForm):  # type: ignore[misc]
    labels = {"name": _("Name")}


# --- about each other ---------------------------------------------------------------------------------------------
def _role_label(name: str) -> SafeString:
    role = ROLES[name]
    return format_html('{}<span class="hint">{}</span>', role.label, role.description)


class RolesForm(forms.Form):
    roles = forms.MultipleChoiceField(label=_("Roles"), widget=forms.CheckboxSelectMultiple, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = self.fields["roles"]
        choices.choices = [(name, _role_label(name)) for name in ROLES]


class PersonForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    credential = forms.CharField(
        label=_("Credential"),
        max_length=40,
        required=False,
        help_text=_("RN, MSW, CHW: as it stands behind the name."),
    )
    phone = forms.CharField(label=_("Work phone"), max_length=40, required=False)
    capacity = forms.IntegerField(
        label=_("Patients they can carry"),
        min_value=1,
        max_value=999,
        help_text=_("What a full caseload is."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    mark_optional = True


class InviteForm(RolesForm):
    name = forms.CharField(label=_("Name"), max_length=200, help_text=_("As colleagues know them."))
    email = forms.EmailField(
        label=_("Work e-mail"),
        max_length=254,
        help_text=_("They sign in with it. We send a link to choose a password."),
    )
    credential = forms.CharField(label=_("Credential"), max_length=40, required=False)
    phone = forms.CharField(label=_("Work phone"), max_length=40, required=False)
    mark_optional = True
    field_order = ["name", "email", "credential", "phone", "roles"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["version"]
        self.fields["roles"].required = True


class ReasonForm(forms.Form):
    """Why: kept in the audit trail beside the act."""

    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)


class PeopleFilterForm(forms.Form):
    name = forms.CharField(label=_("Name or e-mail"), max_length=100, required=False)
    role = forms.ChoiceField(label=_("Role"), required=False)
    team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.objects.none(), required=False, empty_label=_("Any")
    )
    state = forms.ChoiceField(label=_("Standing"), required=False)

    def __init__(self, *args: Any, teams: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["role"].choices = [("", _("Any")), *((name, entry.label) for name, entry in ROLES.items())]
        fields["team"].queryset = teams
        fields["state"].choices = STATES


STATES = [("", _("Any")), ("active", _("Active")), ("invited", _("Invited")), ("suspended", _("Suspended"))]


# --- about teams --------------------------------------------------------------------------------------------------
class TeamForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    site = forms.ModelChoiceField(
        label=_("Site"), queryset=Site.objects.none(), required=False, empty_label=_("None")
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    mark_optional = True

    def __init__(self, *args: Any, sites: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].queryset = sites  # type: ignore[attr-defined]


class SiteForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=200)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    address = forms.CharField(label=_("Address"), max_length=300, required=False)
    mark_optional = True


class MemberForm(forms.Form):
    user = PersonField(label=_("Person"), empty_label=_("Choose a person"))
    starts_on = DayField(label=_("From"))
    sees_patients = forms.BooleanField(
        label=_("Sees this team's patients"),
        required=False,
        initial=True,
        help_text=_("And works its queue."),
    )

    def __init__(self, *args: Any, by: User, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].offer(by, pk__in=working_in(team))  # type: ignore[attr-defined]


# --- about oneself ------------------------------------------------------------------------------------------------
TYPE_SIZES = [(14, _("Normal")), (15, _("Larger")), (16, _("Large")), (18, _("Largest"))]


def zone_choices() -> list[tuple[str, Any]]:
    names = sorted(
        name
        for name in available_timezones()
        if "/" in name and not name.startswith(("Etc/", "SystemV/", "posix/"))
    )
    return [("", _("As the organization")), *((name, name.replace("_", " ")) for name in names)]


class PreferencesForm(forms.Form):
    theme = forms.ChoiceField(label=_("Theme"), choices=User.Theme.choices, widget=forms.RadioSelect)
    density = forms.ChoiceField(label=_("Density"), choices=User.Density.choices, widget=forms.RadioSelect)
    type_size = forms.TypedChoiceField(
        label=_("Type size"), choices=TYPE_SIZES, coerce=int, widget=forms.RadioSelect
    )
    clock = forms.ChoiceField(label=_("Clock"), choices=User.Clock.choices, widget=forms.RadioSelect)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zone_choices, required=False)
    single_keys = forms.BooleanField(
        label=_("Single-key shortcuts"),
        required=False,
        help_text=_("J and K, D, S, L. Turn them off if you use speech input."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, live in {"theme": "theme", "density": "density", "type_size": "type"}.items():
            self.fields[name].widget.attrs["data-live"] = live


class KeysForm(forms.Form):
    """One field for each command. Two commands never share a key; an empty field takes the key away."""

    single_keys = forms.BooleanField(
        label=_("Single-key shortcuts"),
        required=False,
        help_text=_("Turn them off if you use speech input. Ctrl K and Ctrl Enter stay."),
    )

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data, initial={"single_keys": user.single_keys})
        for command in COMMANDS.values():
            key = key_of(user, command.name)
            self.fields[command.name] = forms.CharField(
                label=str(command.label),
                required=False,
                max_length=10,
                strip=False,
                initial=shown(key),
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        taken: dict[str, str] = {}
        for name, command in COMMANDS.items():
            key = data[name] = read_key(data.get(name, ""))
            if not key:
                continue
            if len(key) != 1 or not key.isprintable():
                self.add_error(name, gettext("One letter or sign, or the word Space."))
            elif key in FIXED:
                self.add_error(name, gettext("1 to 9 open the tabs of a record. Choose another key."))
            elif key in taken:
                words = {"key": shown(key), "command": COMMANDS[taken[key]].label}
                self.add_error(name, gettext("%(key)s is the key for “%(command)s” already.") % words)
            else:
                taken[key] = command.name
        return data

    def chosen(self) -> dict[str, str]:
        return own_only({name: self.cleaned_data[name] for name in COMMANDS})
