"""One factory per noun. Rows past their first state are made by the actions, so tests cannot invent impossible ones."""

from tests.factories.accounts import OrganizationFactory, TeamFactory, UserFactory, grant_team
from tests.factories.patients import EmergencyFactory, PatientFactory, join_care_team, merged_into
from tests.factories.worklist import SavedViewFactory, SnippetFactory, TaskFactory

__all__ = [
    "EmergencyFactory",
    "OrganizationFactory",
    "PatientFactory",
    "SavedViewFactory",
    "SnippetFactory",
    "TaskFactory",
    "TeamFactory",
    "UserFactory",
    "grant_team",
    "join_care_team",
    "merged_into",
]
