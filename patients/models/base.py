"""Shapes shared by the rows about a patient."""

from django.db import models

from coordination.lib.editable import Editable
from patients.querysets import AboutPatientQuerySet


class Sourced(models.Model):
    """Where a row came from. `source_key` names it there, so the same thing sent again is the same row."""

    source = models.CharField(max_length=120, default="staff")
    source_key = models.CharField(max_length=200, default="")
    source_hash = models.CharField(max_length=64, default="")

    class Meta:
        abstract = True


class AboutPatient(Editable):
    # each table has an index of its own that begins with the patient: a second one would be written for nothing
    patient = models.ForeignKey(
        "patients.Patient", on_delete=models.PROTECT, related_name="%(class)s_set", db_index=False
    )

    objects = AboutPatientQuerySet.as_manager()

    class Meta:
        abstract = True


def once_per_source(name: str) -> models.UniqueConstraint:
    """The same thing of the same source is one row."""
    return models.UniqueConstraint(
        fields=["organization", "source", "source_key"], name=name, condition=~models.Q(source_key="")
    )


def dates_in_order(start: str, end: str, name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=name,
        condition=models.Q(**{f"{end}__isnull": True})
        | models.Q(**{f"{start}__isnull": True})
        | models.Q(**{f"{end}__gte": models.F(start)}),
    )
