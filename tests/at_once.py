"""Several people at the same moment, each on a connection of their own."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connections

from coordination.lib.refusal import Refused, Stale
from coordination.lib.rls import organization


def at_once(house_id: Any, *acts: Callable[[], Any]) -> list[str]:
    """Run each act in a transaction of its own, all from the same moment. Answers with what became of each, in their order.

    "done"; for a refusal its name and sentence, as in "Refused: Ana Ruiz closed this task."; anything else as Python writes it.
    """
    gate, told = threading.Barrier(len(acts)), [""] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            with organization(house_id):
                gate.wait(10)
                act()
            told[place] = "done"
        except (Refused, Stale) as refusal:
            told[place] = f"{type(refusal).__name__}: {refusal.sentence}"
        except Exception as error:
            told[place] = repr(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return told


def names(told: list[str]) -> list[str]:
    """The kinds of ends alone, in an order of their own: how many were done, how many refused."""
    return sorted(each.partition(":")[0] for each in told)
