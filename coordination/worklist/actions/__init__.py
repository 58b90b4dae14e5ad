"""Everything a person can do with a commitment or a contact."""

from coordination.worklist.actions.bulk import Order, act_on_many
from coordination.worklist.actions.contacts import NextStep, log_contact
from coordination.worklist.actions.editing import edit_task
from coordination.worklist.actions.planning import (
    assign_task,
    change_due,
    claim_task,
    set_waiting,
    snooze_task,
    tick_checklist,
    wake_task,
)
from coordination.worklist.actions.saved import (
    change_view,
    delete_view,
    put_view_back,
    restore_view,
    save_view,
)
from coordination.worklist.actions.tasks import close_task, open_task
from coordination.worklist.actions.undoing import undo_batch, undo_change

__all__ = [
    "NextStep", "Order", "act_on_many", "assign_task", "change_due", "change_view", "claim_task", "close_task", "delete_view", "edit_task",
    "log_contact", "open_task", "put_view_back", "restore_view", "save_view", "set_waiting", "snooze_task", "tick_checklist", "undo_batch",
    "undo_change", "wake_task",
]  # fmt: skip
