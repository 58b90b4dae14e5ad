"""Commitments, contacts and what was done to them, as `/api/v1/` has them."""

from coordination.worklist.api.batches import BatchDetail, Batches, BatchPreview, BatchUndo
from coordination.worklist.api.changes import Changes, ChangeUndo, TaskChanges
from coordination.worklist.api.contacts import ContactDetail, Contacts, ContactUndo
from coordination.worklist.api.tasks import ACTS, TaskDetail, Tasks

__all__ = [
    "ACTS", "BatchDetail", "BatchPreview", "BatchUndo", "Batches", "ChangeUndo", "Changes", "ContactDetail", "ContactUndo",
    "Contacts", "TaskChanges", "TaskDetail", "Tasks",
]  # fmt: skip
