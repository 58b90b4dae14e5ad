"""A set of values is said once, as the enum of a field; the database refuses anything else."""

from typing import TypeVar

from django.db import models

M = TypeVar("M", bound=type[models.Model])


def known_values(model: M) -> M:
    """Add a check constraint for every field of `model` that has choices. Use it as a class decorator.

    The model must define `Meta.constraints` (an empty list will do), else migrations would not see the additions.
    """
    meta = model._meta
    if "constraints" not in meta.original_attrs:
        raise TypeError(f"{model.__name__} needs Meta.constraints for known_values")
    constraints = list(meta.constraints)
    for field in meta.concrete_fields:
        if not field.choices:
            continue
        values = [value for value, _label in field.flatchoices]
        if field.blank and "" not in values and isinstance(field, models.CharField):
            values.append("")
        constraints.append(
            models.CheckConstraint(
                name=f"{meta.model_name}_{field.name}_known",
                condition=models.Q(**{f"{field.name}__in": values}),
            )
        )
    meta.constraints = constraints
    return model
