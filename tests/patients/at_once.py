"""Several people at the same moment, each on a connection of their own."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connections, transaction

from coordination.lib.refusal import Refused, Stale
from coordination.lib.rls import organization


def at_once(house: Any, *acts: Callable[[], Any]) -> list[str]:
    """Run each act in a connection of its own, all from the same moment. Answers with what became of each."""
    gate, found = threading.Barrier(len(acts)), [""] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            with transaction.atomic(), organization(house.pk):
                gate.wait(10)
                act()
            found[place] = "done"
        except (Refused, Stale) as refused:
            found[place] = type(refused).__name__
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found
