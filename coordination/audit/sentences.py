"""An event as a person would say it. The table is the one place for the words; an event it lacks is shown by its name."""

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from coordination.audit.models import Event

SENTENCES: dict[str, Promise] = {
    # sign-in
    "session.started": _("Signed in"),
    "session.refused": _("Could not sign in"),
    "session.ended": _("Signed out"),
    "session.ended_elsewhere": _("Signed out other devices"),
    "session.expired": _("Was signed out after the time limit"),
    "password.changed": _("Changed the password"),
    "password.forgotten": _("Asked for a new password"),
    "second_step.added": _("Added a second step"),
    "second_step.removed": _("Removed a second step"),
    "second_step.reset": _("Reset somebody's second step"),
    # people and teams
    "user.invited": _("Invited a user"),
    "user.invited_again": _("Sent an invitation again"),
    "user.changed": _("Changed a user"),
    "user.roles_changed": _("Changed somebody's roles"),
    "user.suspended": _("Suspended a user"),
    "user.reinstated": _("Reinstated a user"),
    "user.preferences_saved": _("Saved personal settings"),
    "user.system_created": _("Made the system user"),
    "site.created": _("Added a site"),
    "team.created": _("Added a team"),
    "team.renamed": _("Renamed a team"),
    "team.retired": _("Retired a team"),
    "team.reinstated": _("Reinstated a team"),
    "team.member_added": _("Added somebody to a team"),
    "team.member_left": _("Ended somebody's time in a team"),
    "team.sight_given": _("Let somebody see a team's patients"),
    "team.sight_taken": _("Took sight of a team's patients away"),
    "cover.started": _("Set up cover for somebody absent"),
    "cover.ended": _("Ended a cover"),
    # patients
    "patient.registered": _("Added a patient"),
    "patient.imported": _("Imported a patient"),
    "patient.edited": _("Changed who the patient is or how to reach them"),
    "patient.died": _("Recorded a death"),
    "patient.care_ended": _("Ended care"),
    "patient.viewed": _("Opened the record"),
    "patient.printed": _("Printed the record"),
    "patient.searched": _("Searched for patients"),
    "patient.listed": _("Opened the list of patients"),
    "patients.searched": _("Searched for patients"),
    "patients.viewed": _("Opened the list of patients"),
    "timeline.searched": _("Searched the timeline"),
    "access_log.viewed": _("Opened the access log"),
    "care_team.joined": _("Added somebody to the care team"),
    "care_team.left": _("Ended a place on the care team"),
    "consent.recorded": _("Recorded a consent"),
    "consent.revoked": _("Revoked a consent"),
    "coverage.added": _("Added a coverage"),
    "coverage.changed": _("Changed a coverage"),
    "coverage.ended": _("Ended a coverage"),
    "coverage.verified": _("Checked a coverage"),
    "related_person.added": _("Added a contact person"),
    "related_person.changed": _("Changed a contact person"),
    "related_person.ended": _("Ended a contact person"),
    "related_person.verified": _("Checked a contact person"),
    "history.added": _("Added to the health history"),
    "history.checked": _("Checked the health history"),
    "history.ended": _("Ended an item of the health history"),
    "history.entered_in_error": _("Marked an item as entered in error"),
    "allergies.unavailable": _("Noted that allergies are not available"),
    # work
    "worklist.viewed": _("Opened My day"),
    "worklist.printed": _("Printed the day sheet"),
    "task.viewed": _("Opened a task"),
    "task.opened": _("Opened a new task"),
    "task.assigned": _("Assigned a task"),
    "task.claimed": _("Took a task"),
    "task.closed": _("Closed a task"),
    "task.reopened": _("Reopened a task"),
    "task.snoozed": _("Snoozed a task"),
    "task.woken": _("Woke a snoozed task"),
    "task.waiting": _("Set a task to waiting"),
    "task.resumed": _("Went on with a waiting task"),
    "task.moved": _("Changed when a task is due"),
    "task.ticked": _("Ticked a step of a task"),
    "contact.logged": _("Logged a contact"),
    # imports
    "import.requested": _("Asked for an import"),
    "import.started": _("Started an import"),
    "import.finished": _("Finished an import"),
    "import.failed": _("An import failed"),
    "import.stopped": _("Stopped an import"),
    "import.issues_exported": _("Took away the list of what an import could not take"),
    # trust
    "access.denied": _("Was refused"),
    "audit.viewed": _("Opened the audit trail"),
    "audit.searched": _("Searched the audit trail"),
    "message.sent_again": _("Decided to send a message again"),
    "message.marked_sent": _("Decided that a message arrived"),
    "message.cancelled": _("Cancelled a message"),
}


def sentence(event: Event) -> str:
    """Return what happened, in words."""
    known = SENTENCES.get(event.name)
    return str(known) if known else capfirst(event.name.replace(".", " ").replace("_", " "))
