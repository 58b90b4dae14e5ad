"""Which app hears of what, what runs by the clock, and what the upper apps add to the pages of the lower ones.

Part of the settings (coordination/settings.py), which is where they are read from.
"""

# topic -> the handlers that must hear of it; one message row for each
OUTBOX_HANDLERS: dict[str, list[str]] = {
    "task.assigned": ["coordination.worklist.handlers.notify_owner"],
    "tasks.assigned": ["coordination.worklist.handlers.notify_owner_of_many"],
    "notification.mail": ["coordination.notifications.handlers.send_mail"],
    "import.requested": ["coordination.interop.fhir.handlers.run_import"],
    "roster.requested": ["coordination.interop.office.roster.handlers.run_roster"],
    "export.requested": ["coordination.interop.office.export.handlers.run_export"],
    "patient.named": ["patients.handlers.find_similar_names"],
    "task.ended": ["coordination.worklist.handlers.follow_ended"],
    "patient.news": ["coordination.worklist.handlers.wake_for_news"],
    "patient.result": ["coordination.worklist.handlers.wake_for_news"],
    "patient.weighed": ["coordination.worklist.handlers.weigh_tasks"],
    "patient.merged": ["patients.handlers.gather_late_rows"],
    "patient.unmerged": ["patients.handlers.find_similar_names"],
    "loops.asked": ["coordination.worklist.jobs.check_rule"],
    "patient.died": ["coordination.worklist.handlers.stop_outreach"],
    "cover.arranged": ["coordination.worklist.handlers.tell_covering"],
    "cover.ended": ["coordination.worklist.handlers.tell_cover_ended"],
    "access.broken_glass": ["coordination.worklist.handlers.open_access_review"],
    "access.reviewed": ["coordination.worklist.handlers.close_access_review"],
    "webhook.due": ["coordination.webhooks.handlers.deliver"],
    "user.invited": ["coordination.accounts.handlers.send_invitation"],
    "password.forgotten": ["coordination.accounts.handlers.send_password_link"],
    "security.changed": ["coordination.accounts.handlers.send_security_notice"],
}
# job -> (dotted path, minutes between slots)
SCHEDULE: dict[str, tuple[str, int]] = {
    "verify_audit": ("coordination.audit.jobs.verify", 60),
    "forget_messages": ("coordination.outbox.jobs.forget_old", 1440),
    "forget_drafts": ("coordination.drafts.jobs.forget_old", 60),
    "forget_answers": ("coordination.idempotency.jobs.forget_old", 60),
    "clear_sessions": ("coordination.accounts.jobs.clear_sessions", 60),
    "forget_import_files": ("coordination.interop.jobs.forget_files", 60),
    "forget_office_files": ("coordination.interop.office.jobs.forget_files", 15),
    "gather_late_rows": ("patients.jobs.gather_late_rows", 60),
    "hand_over_covers": ("coordination.worklist.covers.hand_over", 60),
    "escalate": ("coordination.worklist.jobs.escalate", 60),
    "weigh": ("coordination.worklist.jobs.weigh", 60),
    "check_loops": ("coordination.worklist.jobs.check_loops", 1440),
}
# the parts of a timeline, each a model whose queryset answers `for_timeline`
TIMELINE_SOURCES = [
    "patients.Condition",
    "patients.Allergy",
    "patients.Medication",
    "patients.Procedure",
    "patients.Immunization",
    "patients.Encounter",
    "patients.Observation",
    "worklist.Contact",
    "worklist.Task",
]
# the forms whose drafts are kept, by name: callables (user, subject id) -> patient id or None, which refuse like the form itself
DRAFT_FORMS = ["coordination.worklist.drafts.DOORS", "patients.drafts.DOORS"]
# the lists that can be taken away: callables (user, query of the page) -> Listing, which refuse like the page (lib/listing.py)
EXPORT_LISTS = {
    "day": "coordination.worklist.exports.day",
    "patients": "patients.exports.registry",
    "open-tasks": "coordination.worklist.exports.open_tasks",
    "closed-tasks": "coordination.worklist.exports.closed_tasks",
    "contacts": "coordination.worklist.exports.contacts",
    "timeline": "patients.exports.timeline",
    "promises": "coordination.worklist.exports.promises",
    "attention": "patients.exports.attention",
    "access-log": "patients.exports.access_log",
    "audit": "coordination.audit.exports.events",
    "covers": "coordination.worklist.exports.covers",
    "done": "coordination.worklist.exports.done",
    "reviews": "patients.exports.reviews",
    "notifications": "coordination.notifications.exports.notifications",
    "users": "coordination.accounts.exports.users",
    "teams": "coordination.accounts.exports.teams",
}
# what the upper apps add to a patient's overview: callables (user, patient) -> Panel | None (patients/panels.py)
PATIENT_PANELS = ["coordination.worklist.panels.open_tasks"]
# the other lists a record is opened from, and gone along with J and K: callables (user, patient, query) -> Way | None (patients/walking.py)
PATIENT_WALKS = {"day": "coordination.worklist.walking.along_day"}
# records that need a person: callables (user) -> list of sections (patients/attention.py)
PATIENT_ATTENTION = ["coordination.worklist.attention.of_work", "patients.attention.of_records"]
# what they say and do when two records become one, or two again: modules (patients/actions/merging.py)
PATIENT_MERGE_PARTS = ["coordination.worklist.merging"]
# what they add on top of the timeline, still to come: callables (user, patient) -> list[Ahead]
TIMELINE_AHEAD = ["coordination.worklist.panels.ahead"]
