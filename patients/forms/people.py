"""Care team, family and proxies, consents."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as __

from coordination.accounts.models import User
from coordination.accounts.permissions import Permission
from coordination.accounts.person_field import PersonField
from coordination.lib.day_field import DayField
from patients.forms.record import RecordForm, not_in_future
from patients.models import CareTeamMember, Consent, RelatedPerson


class MemberForm(RecordForm):
    """A colleague or someone outside, never both."""

    user = PersonField(label=__("Colleague"), required=False, empty_label=__("Someone outside, named below"))
    name = forms.CharField(label=__("Name of someone outside"), max_length=200, required=False)
    works_at = forms.CharField(label=__("Works at"), max_length=200, required=False)
    phone = forms.CharField(label=__("Phone"), max_length=60, required=False)
    role = forms.ChoiceField(label=__("Role"), choices=CareTeamMember.Role.choices)
    role_text = forms.CharField(label=__("Role in other words"), max_length=120, required=False)
    starts_on = DayField(label=__("From"))

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        kwargs["initial"] = {"starts_on": by.organization.today(), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        self.fields["user"].offer(by)  # type: ignore[attr-defined]

    def clean(self) -> None:
        colleague, name = self.cleaned_data.get("user"), self.cleaned_data.get("name")
        if not colleague and not name:
            self.add_error("name", _("Choose a colleague, or write the name of someone outside."))
        if colleague and name:
            self.add_error("name", _("Either a colleague or someone outside: clear one of the two."))


class HandOverForm(RecordForm):
    coordinator = PersonField(label=__("New primary coordinator"))

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["coordinator"].offer(by, pk=self.about.coordinator_id)  # type: ignore[attr-defined]


class RelatedPersonForm(RecordForm):
    name = forms.CharField(label=__("Name"), max_length=200)
    relationship = forms.CharField(
        label=__("Relationship"), max_length=80, help_text=__("As in daughter, neighbor, son-in-law.")
    )
    phone = forms.CharField(label=__("Phone"), max_length=60, required=False)
    email = forms.EmailField(label=__("E-mail"), required=False)
    is_emergency_contact = forms.BooleanField(label=__("Emergency contact"), required=False)
    is_caregiver = forms.BooleanField(label=__("Takes care of the patient"), required=False)
    may_be_told = forms.CharField(
        label=__("May be told"),
        max_length=300,
        required=False,
        help_text=__("What the patient agreed may be shared with this person, as in appointments only."),
    )
    authority = forms.ChoiceField(
        label=__("May decide for the patient"),
        choices=RelatedPerson.Authority.choices,
        help_text=__("The legal basis. A parent's authority ends when the patient turns 18."),
    )
    is_springing = forms.BooleanField(label=__("Only when the patient cannot decide"), required=False)
    document = forms.CharField(label=__("Document seen"), max_length=200, required=False)
    starts_on = DayField(label=__("From"), required=False)
    ends_on = DayField(label=__("Until"), required=False)

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not by.may(Permission.HISTORY_VIEW):  # it may name what the person suffers from
            del self.fields["may_be_told"]

    def clean(self) -> None:
        self.expect_order("starts_on", "ends_on", _("The end is before the start."))
        if self.cleaned_data.get("is_springing") and self.cleaned_data.get("authority") == "none":
            self.add_error("is_springing", _("Choose the legal basis this rests on."))


class ConsentForm(RecordForm):
    kind = forms.ChoiceField(label=__("Consent to"), choices=Consent.Kind.choices)
    given = forms.TypedChoiceField(
        label=__("The patient"),
        choices=[("yes", __("agreed")), ("no", __("declined"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        initial="yes",
    )
    signed_on = DayField(label=__("Signed or said on"))
    expires_on = DayField(label=__("Ends on"), required=False)
    scope = forms.CharField(label=__("What may be shared"), max_length=300, required=False)
    recipients = forms.CharField(label=__("With whom"), max_length=300, required=False)
    purpose = forms.CharField(label=__("For what purpose"), max_length=200, required=False)
    document = forms.CharField(label=__("Document"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"signed_on": kwargs["patient"].organization.today(), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)

    def clean_signed_on(self) -> Any:
        not_in_future(self.cleaned_data["signed_on"], self.about.organization.today())
        return self.cleaned_data["signed_on"]

    def clean(self) -> None:
        self.expect_order("signed_on", "expires_on", _("It ends before it was signed."))
