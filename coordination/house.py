"""What the house decides: how work is planned, how long sight in an emergency lasts, how much is taken in and out.

Part of the settings (coordination/settings.py), which is where they are read from.
"""

import environ

env = environ.Env()

# --- HOUSE: how work is planned ---------------------------------------------------------------------------------------
WORKDAY_HOURS: tuple[int, int] = (
    env.int("WORKDAY_STARTS", 8),
    env.int("WORKDAY_ENDS", 17),
)  # the day ribbon, free time
STALE_POLL_SECONDS: int = env.int("STALE_POLL_SECONDS", 60)  # how often a list asks whether it changed
UNDO_MINUTES: int = env.int("UNDO_MINUTES", 10)
HISTORY_DAYS: int = env.int("HISTORY_DAYS", 7)  # how far back "What I did" goes
HISTORY_ROWS = 20  # of what was done to one task, on its page
BULK_ROWS: int = env.int("BULK_ROWS", 200)  # the most tasks one act may be done to at once
# on different days, before a letter (domain facts 11.6)
CONTACT_ATTEMPTS: int = env.int("CONTACT_ATTEMPTS", 3)
PROMISES_DAYS: int = env.int("PROMISES_DAYS", 90)  # of how many days promises are counted as kept or broken
QUIET_HOURS: tuple[int, int] = (
    env.int("QUIET_STARTS", 21),
    env.int("QUIET_ENDS", 8),
)  # the patient's own clock; the hours of 47 CFR 64.1200(c)(1)
# past due, then to the supervisor
ESCALATE_AFTER_BUSINESS_DAYS: int = env.int("ESCALATE_AFTER_BUSINESS_DAYS", 2)
ESCALATE_CRITICAL_MINUTES: int = env.int("ESCALATE_CRITICAL_MINUTES", 60)  # the same of a safety matter
SNOOZE_MAX_DAYS: int = env.int("SNOOZE_MAX_DAYS", 60)
# how much ahead of its deadline a task stands (worklist/priority.py), in minutes; its own length comes on top
PRIORITY_RISK_MINUTES: dict[str, int] = {
    "high": env.int("PRIORITY_HIGH_RISK_MINUTES", 240),
    "rising": env.int("PRIORITY_RISING_RISK_MINUTES", 120),
}
PRIORITY_TRY_MINUTES: int = env.int("PRIORITY_TRY_MINUTES", 60)  # for each try that reached nobody
PRIORITY_TRIES: int = env.int("PRIORITY_TRIES", 3)  # of which so many count

# --- HOUSE: emergency access (45 CFR 164.312(a)(2)(ii)) ---------------------------------------------------------------
BREAK_GLASS_MINUTES: int = env.int("BREAK_GLASS_MINUTES", 60)
BREAK_GLASS_NOTE: int = env.int("BREAK_GLASS_NOTE", 15)  # the fewest characters that say why
BREAK_GLASS_REVIEW_DAYS: int = env.int("BREAK_GLASS_REVIEW_DAYS", 1)  # business days until it is reviewed
BREAK_GLASS_SEARCHES: int = env.int("BREAK_GLASS_SEARCHES", 10)  # of one person in an hour

# --- HOUSE: how much is taken in and out ------------------------------------------------------------------------------
IMPORT_MAX_BYTES: int = env.int("IMPORT_MAX_BYTES", 64 * 1024 * 1024)  # as sent
IMPORT_MAX_UNPACKED_BYTES: int = env.int("IMPORT_MAX_UNPACKED_BYTES", 256 * 1024 * 1024)
# HOUSE: how long an uploaded roster waits to be imported
ROSTER_FILE_HOURS: int = env.int("ROSTER_FILE_HOURS", 24)
ROSTER_MAX_ROWS: int = env.int("ROSTER_MAX_ROWS", 200_000)  # HOUSE
# HOUSE: business days to the first contact
ROSTER_FIRST_CONTACT_DAYS: int = env.int("ROSTER_FIRST_CONTACT_DAYS", 3)
# HOUSE: how long an exported list waits for its person
EXPORT_FILE_HOURS: int = env.int("EXPORT_FILE_HOURS", 24)
# HOUSE: of one file; a longer list is narrowed first
EXPORT_MAX_ROWS: int = env.int("EXPORT_MAX_ROWS", 100_000)

# --- HOUSE: receivers of webhooks -------------------------------------------------------------------------------------
WEBHOOK_OLD_SECRET_HOURS: int = env.int("WEBHOOK_OLD_SECRET_HOURS", 24)  # both secrets sign so long
WEBHOOK_FAILURES: int = env.int("WEBHOOK_FAILURES", 30)  # in a row, then the endpoint is turned off
WEBHOOK_REST_AFTER: int = env.int("WEBHOOK_REST_AFTER", 3)  # in a row, then the endpoint rests
WEBHOOK_REST_SECONDS: int = env.int("WEBHOOK_REST_SECONDS", 60)  # and twice as long after each further one
WEBHOOK_REST_MOST: int = env.int("WEBHOOK_REST_MOST", 60 * 60)  # but no longer than this, in seconds
# an answer that took longer lets other messages go first
WEBHOOK_SLOW_SECONDS: float = env.float("WEBHOOK_SLOW_SECONDS", 2)
