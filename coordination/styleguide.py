"""The styleguide: every component on one page, with invented people. Reads nothing from the database."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from coordination import styleguide_samples as samples
from coordination.lib.icons import ICONS

TOKENS = [
    "ink",
    "ink-2",
    "ink-3",
    "canvas",
    "surface",
    "sunken",
    "line-strong",
    "brand",
    "brand-soft",
    "link",
    "id",
    "red",
    "amber",
    "green",
    "blue",
    "violet",
]


class SampleForm(forms.Form):
    """One of each kind of field."""

    mark_optional = True

    family = forms.CharField(label=_("Family name"), help_text=_("As on the insurance card"))
    born = forms.CharField(label=_("Date of birth"), help_text=_("For example 14 Mar 1958"))
    language = forms.ChoiceField(
        label=_("Language"),
        choices=[("en", "English"), ("es", "Español"), ("vi", "Tiếng Việt"), ("so", "Soomaali")],
    )
    voicemail = forms.BooleanField(
        label=_("OK to leave a message"), required=False, help_text=_("Say only your name and number")
    )
    sex = forms.ChoiceField(
        label=_("Sex"),
        widget=forms.RadioSelect,
        choices=[("f", _("Female")), ("m", _("Male")), ("u", _("Not known"))],
    )
    outcome = forms.ChoiceField(
        label=_("Outcome of this call"),
        widget=forms.RadioSelect,
        choices=[
            ("reached", _("Reached")),
            ("voicemail", _("Voicemail")),
            ("none", _("No answer")),
            ("wrong", _("Wrong no.")),
        ],
    )
    follow_up = forms.ChoiceField(
        label=_("Follow up"),
        widget=forms.RadioSelect,
        required=False,
        choices=[("1", _("Tomorrow")), ("2", _("2 days")), ("7", _("1 week")), ("", _("No follow-up"))],
    )
    note = forms.CharField(label=_("Note"), widget=forms.Textarea(attrs={"rows": 2}), required=False)
    document = forms.FileField(label=_("Roster or bundle"), required=False)

    def clean_born(self) -> str:
        value: str = self.cleaned_data["born"]
        if value.endswith("2058"):
            raise forms.ValidationError(_("Date of birth must be in the past"))
        return value


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component, in the reader's own theme and density."""
    context = {
        "tokens": TOKENS,
        "icons": sorted(ICONS),
        "banner": samples.banner(),
        "deceased": samples.deceased(),
        "groups": samples.groups(),
        "ribbon": samples.ribbon(),
        "days": samples.days(),
        "buckets": [
            {"url": "#all", "label": _("All open"), "count": 27, "current": True},
            {"url": "#late", "label": _("Overdue"), "count": 4, "tone": "red"},
            {"url": "#today", "label": _("Due today"), "count": 11},
            {"url": "#waiting", "label": _("Waiting"), "count": 0},
        ],
        "tabs": [
            {"url": "#o", "label": _("Overview"), "current": True},
            {"url": "#t", "label": _("Timeline")},
            {"url": "#k", "label": _("Tasks"), "count": 5},
            {"url": "#p", "label": _("People"), "count": 6},
        ],
        "tiles": [
            {
                "url": "#a",
                "label": _("Next appointment"),
                "value": "Thu 19-Nov, 13:40",
                "note": "Cardiology, Dr. Singh. Ride booked",
            },
            {
                "url": "#b",
                "label": _("Last contact"),
                "value": _("Yesterday"),
                "note": "Voicemail, 16-Nov 15:20",
            },
            {
                "url": "#c",
                "label": _("Weight"),
                "value": "166 lb",
                "small": "+2 in 24 h",
                "small_tone": "amber",
                "note": "Target 164 lb, call if +3",
            },
            {"url": "#d", "label": _("Open tasks"), "value": "5", "small": "1 late", "small_tone": "red"},
            {"label": _("Coverage"), "value": "Medicare A/B", "note": "Verified 02-Nov"},
        ],
        "filters": SampleForm(prefix="f"),
        "form": SampleForm(
            initial={"family": "OKAFOR", "outcome": "reached", "follow_up": "1", "sex": "f"}, prefix="a"
        ),
        "refused": SampleForm(
            {
                "b-family": "",
                "b-born": "14 Mar 2058",
                "b-language": "en",
                "b-sex": "f",
                "b-outcome": "reached",
            },
            prefix="b",
        ),
    }
    return render(request, "styleguide.html", context | samples.tables() | samples.messages())
