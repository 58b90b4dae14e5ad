"""Pull every plug at random while people work, and count afterwards.

A whole system runs (`manage.py up`): web, worker, beat, Valkey, PostgreSQL. Several clients write tasks, contacts and work for
others, and repeat what got no answer with the same key. Meanwhile processes are killed outright. Nothing that was acknowledged may
be missing, nothing may be there twice, no letter may be sent again without a person's decision, and the audit trail must verify.
"""

import json
import random
import threading
import time
from collections import Counter

import pytest

from tests.proofs.conftest import FULL, Report
from tests.proofs.faults.house import House
from tests.proofs.faults.mailbox import Mailbox
from tests.proofs.faults.verdict import drain, judge
from tests.proofs.faults.writers import Writer

KILLS = 500 if FULL else 12
WRITERS = 6 if FULL else 4
PAUSE = (0.3, 3.0) if FULL else (0.2, 1.2)  # seconds between two kills
BACK_WITHIN = 60  # seconds
AMID_A_LETTER = (
    2  # seconds a blow to the worker waits for the worst moment: a letter handed over and not confirmed
)


def storm(
    house: House, mailbox: Mailbox, kills: int, dice: random.Random
) -> tuple[Counter[str], list[float]]:
    """Hurt the house `kills` times; what was hit, and how long each outage of the pages lasted."""
    hit: Counter[str] = Counter()
    outages: list[float] = []
    wounds = house.wounds()
    while hit.total() < kills:
        time.sleep(dice.uniform(*PAUSE))
        name = dice.choice(sorted(wounds))
        if name.startswith("worker"):
            mailbox.taking.wait(AMID_A_LETTER)
        if wounds[name](dice):
            hit[name] += 1
            # now and then the next blow falls before it stands again
            if dice.random() < 0.7:
                outages.append(house.until_ready(BACK_WITHIN * 2))
    outages.append(house.until_ready(BACK_WITHIN * 2))
    return hit, outages


@pytest.mark.slow
def test_nothing_is_lost_doubled_or_half_done(report: Report, seed: int) -> None:
    dice = random.Random(seed)
    stop = threading.Event()
    with Mailbox() as mailbox, House(mail=mailbox.url) as house:
        signed_in = house.run("-m", "tests.proofs.faults.sign_in", "dana", "lena", "amara")
        assert signed_in.returncode == 0, signed_in.stderr
        people = json.loads(signed_in.stdout)
        names = [name for name in people if people[name]["patients"]]
        assert len(names) == 3, "the demo's people see no patients"
        writers = [
            Writer(
                house.port,
                people[names[n % 3]],
                people[names[(n + 1) % 3]]["id"],
                stop,
                random.Random(dice.random()),
            )
            for n in range(WRITERS)
        ]
        for writer in writers:
            writer.start()
        began = time.monotonic()
        hit, outages = storm(house, mailbox, KILLS, dice)
        stop.set()
        for writer in writers:
            writer.join(180)
        lasted = time.monotonic() - began
        drained = drain(house, mailbox)
        faults = [repr(writer.fault) for writer in writers if writer.fault]
        writes = [write for writer in writers for write in writer.writes]
        findings = judge(house, writes, mailbox)
        audit = house.run("manage.py", "verify_audit")
        report.say(f"seed {seed}: {hit.total()} kills in {lasted:.0f} s: {dict(sorted(hit.items()))}")
        acknowledged = [write for write in writes if write.acknowledged]
        again = sum(write.tries > 1 for write in acknowledged)
        report.say(
            f"{len(writes)} writes, {len(acknowledged)} acknowledged, {again} of them only after being sent again"
        )
        report.say(f"longest outage {max(outages):.1f} s; outbox empty {drained:.0f} s after the end")
        uncertain = house.ask("select count(*) from outbox_message where state = 'uncertain'")[0][0]
        report.say(f"{sum(mailbox.letters.values())} letters, {uncertain} left for a person to decide")
        report.say("audit: " + " ".join(audit.stdout.split("\n")))
        report.say(", ".join(f"{name}: {len(found)}" for name, found in findings.items()))
    assert faults == []
    assert [write.refused for write in writes if write.refused] == []
    assert [write.answers for write in writes if not write.acknowledged] == []
    assert {name: found for name, found in findings.items() if found} == {}
    assert audit.returncode == 0, audit.stdout + audit.stderr
    assert max(outages) <= BACK_WITHIN
    assert len(acknowledged) > 20, "too little was written to prove anything"
    assert any(letters for letters in mailbox.letters), "no letter left the house"
