"""`manage.py prove faults|access|input|races`: the proofs at the length one asks for. They are tests, and a short run of each
belongs to the test run; here they say what they saw."""

import argparse
import os
from collections.abc import Sequence

from coordination.testing import test

PROOFS = {
    "faults": ["tests/proofs/faults"],
    "access": ["tests/patients/test_doors.py", "tests/architecture/test_routes.py"],
    "input": ["tests/proofs/test_input.py"],
    "races": ["tests/proofs/test_races.py"],
}


def parse(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="manage.py prove",
        description="Pull the plugs, try every door, send every kind of rubbish, collide edits; report what was seen.",
    )
    parser.add_argument("proof", nargs="*", choices=[*PROOFS, []], help="which ones (default: all)")
    parser.add_argument(
        "--full", action="store_true", help="the long run: 500 kills, thousands of random worlds"
    )
    parser.add_argument("--seed", type=int, help="repeat the run with this seed")
    return parser.parse_args(words)


def prove(words: Sequence[str]) -> int:
    options = parse(words)
    os.environ["PROVE"] = "full" if options.full else "short"
    if options.seed is not None:
        os.environ["PROVE_SEED"] = str(options.seed)
    return test(["-n0", *(path for name in options.proof or PROOFS for path in PROOFS[name])])
