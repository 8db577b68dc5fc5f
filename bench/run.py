"""One run: the chosen sections in their order, and what becomes of them."""

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec.structs import replace

from bench import batches, disk, ingest, machine, reports, start, visible
from bench.figures import Result, Section
from bench.plan import Plan

SECTIONS: dict[str, Callable[[Plan], Section]] = {
    "ingest": ingest.measure,
    "batches": batches.measure,
    "visible": visible.measure,
    "reports": reports.measure,
    "disk": disk.measure,
    "start": start.measure,
}

_ROOT = Path(__file__).parent.parent


def run(plan: Plan, names: Sequence[str], tell: Callable[[str], None] = lambda _: None) -> Result:
    """Measure the sections called `names`; `tell` hears which one is next."""
    plan.work.mkdir(parents=True, exist_ok=True)
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    described = machine.describe(plan.work)
    sections = []
    for name in names:
        tell(name)
        load, began = os.getloadavg()[0], time.monotonic()
        section = SECTIONS[name](plan)
        took = round(time.monotonic() - began, 1)
        sections.append(replace(section, took=took, load_average=round(load, 2)))
    return Result(
        at=at,
        commit=_git("rev-parse", "--short", "HEAD") or "unknown",
        changed=bool(_git("status", "--porcelain", "--", "src", "bench")),
        machine=described,
        sections=sections,
    )


def _git(*words: str) -> str:
    said = subprocess.run(
        ["git", "-C", str(_ROOT), *words], capture_output=True, text=True, check=False
    )
    return said.stdout.strip()
