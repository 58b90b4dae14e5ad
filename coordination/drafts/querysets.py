import uuid
from typing import Any, Self

from django.db import models


class DraftQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        """One's own only. Whether the patient may still be seen is asked at the door of the form (access.py)."""
        return self.filter(user=user)

    def of_form(self, form: str, subject_id: uuid.UUID) -> Self:
        return self.filter(form=form, subject_id=subject_id)
