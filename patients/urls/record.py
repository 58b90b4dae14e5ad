"""The record of one patient."""

from django.urls import path

from patients.views import changes, coverage, history, merging, people, record

urlpatterns = [
    path("<uuid:pk>/", record.overview, name="patient"),
    path("<uuid:pk>/timeline/", record.timeline, name="timeline"),
    path("<uuid:pk>/access/", record.access_log, name="access"),
    path("<uuid:pk>/changes/", changes.changes, name="changes"),
    path("<uuid:pk>/changes/<uuid:change_pk>/undo/", changes.undo, name="change_undo"),
    path("<uuid:pk>/sight/", record.sight, name="sight"),
    path("<uuid:pk>/print/", record.print_summary, name="print"),
    # two records of one person
    path("<uuid:pk>/merge/", merging.choose, name="merge"),
    path("<uuid:pk>/merge/<uuid:other_pk>/", merging.compare, name="merge_with"),
    path("<uuid:pk>/merge/<uuid:other_pk>/two-people/", merging.apart, name="two_people"),
    path("<uuid:pk>/merges/<uuid:merge_pk>/take-back/", merging.unmerge, name="unmerge"),
    # health history
    path("<uuid:pk>/history/", history.history, name="history"),
    path("<uuid:pk>/history/allergies/<slug:state>/", history.allergies, name="history_allergies"),
    path("<uuid:pk>/history/series/<uuid:item_pk>/", history.series, name="history_series"),
    path("<uuid:pk>/history/<slug:kind>/add/", history.add, name="history_add"),
    path("<uuid:pk>/history/<slug:kind>/<uuid:item_pk>/", history.item, name="history_item"),
    path("<uuid:pk>/history/<slug:kind>/<uuid:item_pk>/check/", history.check, name="history_check"),
    path("<uuid:pk>/history/<slug:kind>/<uuid:item_pk>/dispute/", history.dispute, name="history_dispute"),
    path("<uuid:pk>/history/<slug:kind>/<uuid:item_pk>/error/", history.error, name="history_error"),
    path("<uuid:pk>/history/<slug:kind>/<uuid:item_pk>/end/", history.end, name="history_end"),
    path(
        "<uuid:pk>/history/<slug:kind>/<uuid:item_pk>/sensitivity/",
        history.sensitivity,
        name="history_sensitivity",
    ),
    # people and consent
    path("<uuid:pk>/people/", people.people, name="people"),
    path("<uuid:pk>/people/team/add/", people.add_member, name="member_add"),
    path("<uuid:pk>/people/team/hand-over/", people.hand_over, name="hand_over"),
    path("<uuid:pk>/people/team/<uuid:member_pk>/end/", people.end_member, name="member_end"),
    path("<uuid:pk>/people/family/add/", people.add_person, name="person_add"),
    path("<uuid:pk>/people/family/<uuid:person_pk>/edit/", people.edit_person, name="person_edit"),
    path("<uuid:pk>/people/family/<uuid:person_pk>/end/", people.end_person, name="person_end"),
    path("<uuid:pk>/people/family/<uuid:person_pk>/verify/", people.verify_person, name="person_verify"),
    path("<uuid:pk>/people/consents/add/", people.add_consent, name="consent_add"),
    path("<uuid:pk>/people/consents/<uuid:consent_pk>/revoke/", people.revoke_consent, name="consent_revoke"),
    # coverage
    path("<uuid:pk>/coverage/", coverage.coverage, name="coverage"),
    path("<uuid:pk>/coverage/add/", coverage.add, name="coverage_add"),
    path("<uuid:pk>/coverage/<uuid:coverage_pk>/edit/", coverage.edit, name="coverage_edit"),
    path("<uuid:pk>/coverage/<uuid:coverage_pk>/end/", coverage.end, name="coverage_end"),
    path("<uuid:pk>/coverage/<uuid:coverage_pk>/verify/", coverage.verify, name="coverage_verify"),
]
