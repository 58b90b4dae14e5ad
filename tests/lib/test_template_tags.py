"""The tags every page loads: {% load throughline %}."""

import json
import re
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory, override_settings

from coordination.lib.refusal import Refused


def render(source: str, **context: object) -> str:
    return Template("{% load throughline %}" + source).render(Context(context))


class Form(forms.Form):
    name = forms.CharField(label="Family name", help_text="As on the card")
    born = forms.CharField(label="Born", required=False)
    sex = forms.ChoiceField(label="Sex", widget=forms.RadioSelect, choices=[("f", "Female"), ("m", "Male")])
    agreed = forms.BooleanField(label="Agreed")
    paper = forms.FileField(label="Paper", required=False)
    secret = forms.CharField(widget=forms.HiddenInput)


def test_an_icon_is_decoration_unless_it_is_named() -> None:
    assert render('{% icon "phone" %}') == (
        '<svg class="i" aria-hidden="true"><use href="/static/icons/sprite.svg#phone"/></svg>'
    )
    assert 'role="img" aria-label="Call &quot;now&quot;"' in render(
        "{% icon 'phone' 's' label %}", label='Call "now"'
    )


def test_an_unknown_icon_is_a_circle_for_users_and_an_error_for_us() -> None:
    assert "#circle" in render('{% icon "no-such" %}')
    with override_settings(DEBUG=True), pytest.raises(ValueError, match="no-such"):
        render('{% icon "no-such" %}')


def test_each_form_gets_a_key_of_its_own() -> None:
    keys = re.findall(
        r'name="idempotency_key" value="([^"]+)"', render("{% idempotency_key %}{% idempotency_key %}")
    )
    assert len({UUID(key) for key in keys}) == 2


def test_the_body_hands_the_token_down() -> None:
    request = RequestFactory().get("/")
    text = render("{% csrf_header %}", request=request)
    name, _, value = text.partition("=")
    assert name == "hx-headers:inherited"
    assert len(json.loads(value.strip("'"))["X-CSRFToken"]) == 64


def test_a_query_string_with_changes() -> None:
    request = RequestFactory().get("/patients/", {"risk": "high", "sort": "name", "after": "x"})
    assert render('{% query_with sort="born" after=None %}', request=request) == "?risk=high&amp;sort=born"
    assert render("{% query_with tag=tags %}", request=request, tags=["a", "b"]).endswith("tag=a&amp;tag=b")
    assert render('{% query_with q="x" %}') == "?q=x"


@pytest.mark.parametrize(
    ("sort", "state", "link"),
    [("born", "ascending", "?sort=-born"), ("-born", "descending", "?sort=born"), ("name", "", "?sort=born")],
)
def test_a_column_head_sorts_and_turns_round(sort: str, state: str, link: str) -> None:
    text = render('{% sort_header "Born" "born" %}', request=RequestFactory().get("/"), sort=sort)
    assert (f'aria-sort="{state}"' in text) is bool(state)
    assert f'href="{link}"' in text


def test_a_field_ties_label_hint_and_message_together() -> None:
    text = render("{% field form.name autocomplete='off' %}", form=Form({"name": ""}))
    assert '<label for="id_name">Family name</label>' in text
    assert 'id="id_name_helptext"' in text
    assert 'id="id_name_error"' in text
    assert 'aria-describedby="id_name_helptext id_name_error"' in text
    assert 'aria-invalid="true"' in text
    assert 'autocomplete="off"' in text
    assert 'class="input"' in text
    assert text.index("id_name_helptext") < text.index("id_name_error") < text.index("<input")


def test_a_group_of_choices_is_a_fieldset() -> None:
    text = render("{% field form.sex look='seg' %}", form=Form())
    assert re.search(r"<fieldset[^>]*><legend>Sex", text)
    assert '<div class="seg">' in text
    assert text.count('type="radio"') == 2
    assert '<div class="chips">' in render("{% field form.sex look='chips' %}", form=Form())
    assert '<div class="opts">' in render("{% field form.sex %}", form=Form())


def test_a_checkbox_a_file_and_a_hidden_field_each_in_their_shape() -> None:
    assert 'class="check"' in render("{% field form.agreed %}", form=Form())
    assert 'class="drop"' in render("{% field form.paper %}", form=Form())
    assert render("{% field form.secret %}", form=Form()).strip().startswith('<input type="hidden"')


def test_optional_is_said_where_it_is_asked_for() -> None:
    assert "(optional)" not in render("{% field form.born %}", form=Form())
    assert "(optional)" in render("{% field form.born optional=True %}", form=Form())
    form = Form()
    form.mark_optional = True  # type: ignore[attr-defined]
    assert "(optional)" in render("{% field form.born %}", form=form)
    assert "(optional)" not in render("{% field form.name %}", form=form)


def test_a_whole_form_uses_the_same_fields() -> None:
    text = str(Form({"name": ""}))
    assert text.count('class="field') == 5
    assert "things to fix" in text


def test_the_summary_of_errors_leads_to_each_field() -> None:
    form = Form({"name": "", "born": ""})
    text = render('{% include "components/error_summary.html" %}', form=form)
    assert "4 things to fix" in text
    assert 'href="#id_name"' in text
    assert 'href="#id_sex_0"' in text
    assert "autofocus" in text


def test_a_refusal_alone_is_said_too() -> None:
    text = render(
        '{% include "components/error_summary.html" %}', refusal=Refused("This task is already closed.")
    )
    assert "This task is already closed." in text
    assert render('{% include "components/error_summary.html" %}').strip() == ""


def test_filters_speak_through_display() -> None:
    born, at = date(1958, 3, 14), datetime(2026, 11, 17, 14, 0, tzinfo=UTC)
    assert render("{{ d|day }}", d=born) == "14-Mar-1958"
    assert render("{{ p|phone }} {{ p|tel }}", p="+15555550142") == "(555) 555-0142 tel:+1-555-555-0142"
    assert render("{{ t|hour }} {{ t|moment }} {{ t|iso }}", t=at).startswith(
        "14:00 17-Nov-2026, 14:00 2026-11-17T14"
    )
    assert (
        render("{{ born|age:died }} {{ born|age_short:died }}", born=born, died=date(2020, 1, 1)) == "61 y 61"
    )
    assert render("{{ n|initials }}", n="Dana Whitfield") == "DW"
    assert render("{% for w in 'g d'|words %}[{{ w }}]{% endfor %}") == "[g][d]"


@pytest.mark.parametrize(
    ("hour", "minute", "column"), [(8, 0, 1), (8, 20, 2), (10, 30, 11), (16, 59, 36), (6, 0, 1), (22, 0, 36)]
)
def test_the_ribbon_counts_quarter_hours(hour: int, minute: int, column: int) -> None:
    at = datetime(2026, 11, 17, hour, minute, tzinfo=UTC)
    assert render("{{ at|column:8 }}", at=at) == str(column)


def test_every_text_in_a_component_is_escaped() -> None:
    evil = "<img src=x onerror=alert(1)>"
    for name, context in {
        "tag": {"text": evil},
        "toast": {"text": evil},
        "notice": {"text": evil, "title": evil},
        "why": {"reason": evil},
        "identity": {"who": {"name": evil, "sex": evil, "identifier": evil}},
        "peek_head": {"banner": {"name": evil, "preferred": evil, "gender": evil}},
        "_banner": {
            "banner": {"name": evil, "facts": [{"label": evil, "value": evil}], "alerts": [{"text": evil}]}
        },
        "timeline_entry": {"entry": {"title": evil, "text": evil, "by": evil}},
    }.items():
        text = render(f'{{% include "components/{name}.html" %}}', **context)
        assert "<img" not in text, name
        assert "&lt;img" in text, name
