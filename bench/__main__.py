"""`python -m bench [SECTION ...]`: measure, print a table, write bench/results/. See docs/bench.md.

Only a run of all sections is written to bench/results/, because the README's figures come from one
run; one of some sections goes to bench/.work/results/.
"""

import argparse
import os
import sys

from rich.console import Console

from bench.figures import RESULTS, write
from bench.machine import in_words
from bench.plan import WORK, Plan
from bench.run import SECTIONS, run
from bench.table import table

BUSY = 1.0  # load average above which others' work shows in the figures


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure this checkout.")
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--sizes", default="1,10,100", help="millions of events for `reports`")
    parser.add_argument("--rounds", type=int, default=Plan().rounds, help="of ingest and batches")
    given = parser.parse_args()
    unknown = set(given.sections) - set(SECTIONS)
    if unknown:
        parser.error(f"there is no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    names = [name for name in SECTIONS if name in given.sections or not given.sections]
    sizes = tuple(int(float(one) * 1_000_000) for one in given.sizes.split(","))
    plan = Plan(sizes=sizes, rounds=given.rounds, batch_rounds=given.rounds)
    console, progress = Console(highlight=False), Console(stderr=True, highlight=False)
    load = os.getloadavg()[0]
    if load > BUSY:
        progress.print(f"the load average is {load:.1f}: something else runs, and it will show")
    result = run(plan, names, lambda name: progress.print(f"measuring: {name}"))
    path = write(result, RESULTS if len(names) == len(SECTIONS) else WORK / "results")
    console.print(table(result.sections, f"{result.at[:10]}: {in_words(result.machine)}"))
    console.print(f"written to {os.path.relpath(path)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
