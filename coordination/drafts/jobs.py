"""What runs by the clock."""

from coordination.drafts import actions


def forget_old() -> None:
    actions.forget_old()
