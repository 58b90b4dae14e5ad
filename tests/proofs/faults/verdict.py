"""What the rows say once the storm is over, held against what the writers were told."""

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from tests.proofs.faults.house import House
from tests.proofs.faults.mailbox import Mailbox
from tests.proofs.faults.writers import Write

STUCK_SECONDS = 240  # without one message less to deliver

ROWS = """
    select 'contact', note, count(*), min(id::text) from worklist_contact where note like 'proof %' group by note
    union all
    select 'task', title, count(*), min(id::text) from worklist_task where title like 'proof %' group by title
"""
EVENTS = """
    select t.title, count(*) from worklist_task t join audit_event e on e.target_id = t.id::text and e.name = 'task.opened'
    where t.title like 'proof %' group by t.title
    union all
    select c.note, count(*) from worklist_contact c join audit_event e on e.target_id = c.id::text and e.name = 'contact.logged'
    where c.note like 'proof %' group by c.note
"""
TOLD = """
    select t.title, count(n.id) from worklist_task t left join notifications_notification n
      on n.subject_id = t.id and n.user_id = t.owner_id
    where t.title like 'proof %' and t.created_by_id <> t.owner_id group by t.title
"""
NEXT_STEPS = """
    select c.note from worklist_contact c left join worklist_task t on t.id = c.next_task_id
    where c.note like 'proof %' and t.id is null
"""
MAILS = "select id::text, state from outbox_message where topic = 'notification.mail' and not_before <= now()"
TROUBLED = "select state, count(*) from outbox_message where state in ('queued', 'sending', 'dead') and not_before <= now() group by 1"
# a message that failed waits longer each time; the proof need not
HURRY = "update outbox_message set not_before = now() where state = 'queued' and attempts > 0 and not_before > now()"


def drain(house: House, mailbox: Mailbox) -> float:
    """Wait until everything that is due was delivered; seconds. The longer the storm, the more waits after it: what counts is
    that it becomes less. Nobody is killed any more, so the mailbox need not take its time."""
    mailbox.slow = 0.0
    began = moved = time.monotonic()
    fewest: int | None = None
    while time.monotonic() - moved < STUCK_SECONDS:
        house.tell(HURRY)
        left = sum(count for state, count in house.ask(TROUBLED) if state != "dead")
        if not left:
            return time.monotonic() - began
        if fewest is None or left < fewest:
            fewest, moved = left, time.monotonic()
        time.sleep(0.5)
    raise AssertionError(f"the outbox still holds {house.ask(TROUBLED)}, and no less for {STUCK_SECONDS} s")


def judge(house: House, writes: Sequence[Write], mailbox: Mailbox) -> dict[str, Any]:
    """Every finding by its name: all of them are empty when nothing was lost, doubled or half done."""
    rows = {mark: (count, pk) for _kind, mark, count, pk in house.ask(ROWS)}
    events, told = dict(house.ask(EVENTS)), dict(house.ask(TOLD))
    wanted = {write.mark: write for write in writes}
    mails = dict(house.ask(MAILS))
    with mailbox.lock:
        letters = Counter(mailbox.letters)
    return {
        "acknowledged but missing": [
            m for m, write in wanted.items() if write.acknowledged and m not in rows
        ],
        "there twice": [mark for mark, (count, _pk) in rows.items() if count > 1],
        "there, but nobody asked": [mark for mark in rows if mark not in wanted],
        "without exactly one audit event": [mark for mark in rows if events.get(mark) != 1],
        "told not exactly once": [mark for mark, count in told.items() if count != 1],
        "without its next step": [mark for (mark,) in house.ask(NEXT_STEPS)],
        "letters sent again": [pk for pk, count in letters.items() if count > 1],
        "letters that claim to be sent": [
            pk for pk, state in mails.items() if state == "sent" and not letters[pk]
        ],
        "letters nobody knows of": [pk for pk in letters if mails.get(pk) not in {"sent", "uncertain"}],
        "given up": [state for state, _count in house.ask(TROUBLED)],
    }
