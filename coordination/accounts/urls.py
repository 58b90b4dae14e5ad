from django.urls import include, path

from coordination.accounts.views import finding, me, people, teams

app_name = "accounts"

user_patterns = [
    path("", people.user, name="user"),
    path("change/", people.user_change, name="user_change"),
    path("roles/", people.user_roles, name="user_roles"),
    path("suspend/", people.user_suspend, name="user_suspend"),
    path("reinstate/", people.user_reinstate, name="user_reinstate"),
    path("invite/", people.user_invite_again, name="user_invite_again"),
    path("reset-second-step/", people.user_reset_second_step, name="user_reset_second_step"),
]
team_patterns = [
    path("", teams.team, name="team"),
    path("rename/", teams.team_rename, name="team_rename"),
    path("retire/", teams.team_retire, name="team_retire"),
    path("reinstate/", teams.team_reinstate, name="team_reinstate"),
    path("members/", teams.member_add, name="member_add"),
    path("members/<uuid:membership>/end/", teams.member_end, name="member_end"),
    path("members/<uuid:membership>/see/", teams.sight_give, name="sight_give"),
    path("members/<uuid:membership>/unsee/", teams.sight_take, name="sight_take"),
]
urlpatterns = [
    path("users/", people.users, name="users"),
    path("users/new/", people.user_new, name="user_new"),
    path("users/<uuid:pk>/", include(user_patterns)),
    path("colleagues/", finding.colleagues, name="colleagues"),
    path("teams/", teams.teams, name="teams"),
    path("teams/<uuid:pk>/", include(team_patterns)),
    path("sites/", teams.sites, name="sites"),
    path("me/", me.me, name="me"),
    path("me/keys/", me.keys, name="keys"),
    path("me/sessions/end/", me.sessions_end, name="sessions_end"),
    path("session/keep/", me.session_keep, name="session_keep"),
]
