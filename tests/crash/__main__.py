"""`python -m tests.crash --cycles 200`: prints what was killed and what was found.

Runs the control as well: the same with a protection off, which must fail.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.crash.run import Outcome, crash

CONTROL_CYCLES = 40


def main() -> int:
    """0: nothing lost, nothing twice, no phantom, and the control found something."""
    parser = argparse.ArgumentParser(prog="tests.crash", description=__doc__)
    parser.add_argument("--cycles", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--without-control", action="store_true")
    given = parser.parse_args()
    print(f"seed {given.seed}")
    outcome = _run(given.cycles, given.seed, "desirepath.cli")
    _print("protections on", outcome)
    if not outcome.good:
        return 1
    if given.without_control:
        return 0
    control = _run(CONTROL_CYCLES, given.seed, "tests.crash.unsafe")
    _print("control: reconciling off", control)
    if control.verdict.good:
        print("the control found nothing: this run proves nothing")
        return 1
    return 0


def _run(cycles: int, seed: int, module: str) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="desirepath-crash-") as folder:
        return crash(
            Path(folder) / "data",
            cycles=cycles,
            seed=seed,
            module=module,
            tell=lambda text: print(f"  {text}", flush=True),
        )


def _print(name: str, outcome: Outcome) -> None:
    v, account = outcome.verdict, outcome.account
    killed = ", ".join(f"{victim} {times}" for victim, times in sorted(outcome.kills.items()))
    print(f"{name}: killed {killed}")
    print(
        f"  sent {v.sent:,}  acknowledged {v.acknowledged:,}  stored {v.stored:,}"
        f"  lost {v.lost}  twice {v.twice}  phantom {v.phantom}"
    )
    print(
        f"  accounting: received {account.received:,} = stored {account.stored:,}"
        f" + duplicate {account.duplicate:,} + refused {account.refused:,}"
        f" + waiting {account.waiting:,} + expired {account.expired:,}"
    )


if __name__ == "__main__":
    sys.exit(main())
