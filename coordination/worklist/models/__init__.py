"""Commitments, contacts, what was done to them, and what people named: lists, and words they write often."""

from coordination.worklist.models.change import Act, Batch, Change
from coordination.worklist.models.contact import Contact
from coordination.worklist.models.saved_view import SavedView
from coordination.worklist.models.snippet import Snippet
from coordination.worklist.models.task import OPEN, Dependency, Task

__all__ = ["OPEN", "Act", "Batch", "Change", "Contact", "Dependency", "SavedView", "Snippet", "Task"]
