"""Every report over a year of events, asked for the last days of the largest of three projects.

Each is asked through `reports.asking.ask`, as the API does, over the engine's HTTP protocol, with
its own example. `cold`: the engine's caches dropped, and the kernel asked to drop what it had of
the store's files. Every run asks as of another second, so that no two conditions are the same.
"""

import os
import time
from pathlib import Path
from typing import Any

import msgspec

from bench.figures import Figure, Section, middle
from bench.plan import Plan
from bench.year import END, PROJECT, Year, year
from desirepath import reports
from desirepath.model.project import Project
from desirepath.reports.asking import ask
from desirepath.reports.base import Report

TITLE = "reports over a year of events"
_CACHES = ("MARK CACHE", "PRIMARY INDEX CACHE", "INDEX MARK CACHE", "QUERY CONDITION CACHE")


def measure(plan: Plan) -> Section:
    """Milliseconds of each report at each size."""
    raw: dict[str, Any] = {}
    for events in plan.sizes:
        with year(plan.work, events) as store:
            raw[str(events)] = {
                report.name: _measure(store, report, plan) for report in reports.ALL
            }
    return Section(name="reports", title=TITLE, figures=_figures(raw, plan), raw=raw)


def _measure(store: Year, report: Report[Any, Any], plan: Plan) -> dict[str, Any]:
    _forget(store)
    cold, rows_read = _ask(store, report, plan, 0)
    warm = [_ask(store, report, plan, run + 1)[0] for run in range(plan.report_runs)]
    return {"cold_ms": cold, "warm_ms": warm, "rows_read": rows_read}


def _ask(store: Year, report: Report[Any, Any], plan: Plan, run: int) -> tuple[float, int]:
    asked = msgspec.to_builtins(report.example) | {"since": f"{plan.days}d"}
    began = time.perf_counter()
    answer = ask(store.reader, Project(id=PROJECT), report.name, asked, now=END - run)
    return (time.perf_counter() - began) * 1000, answer.meta.rows_read


def _forget(store: Year) -> None:
    """Drop what the engine and the kernel remember of the store."""
    for cache in _CACHES:
        store.writer.execute(f"SYSTEM CLEAR {cache}")
    for path in Path(store.folder).rglob("*"):
        if path.is_file():
            file = os.open(path, os.O_RDONLY)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)


def _figures(raw: dict[str, Any], plan: Plan) -> list[Figure]:
    return [
        Figure(
            what=f"{name}, last {plan.days} of 365 days, {_millions(int(events))} events",
            value=middle(found["warm_ms"]),
            unit="ms",
            more=False,
            note=f"{found['cold_ms']:,.0f} ms cold; {found['rows_read']:,} rows read",
            key=int(events) == max(plan.sizes),
        )
        for events, of_size in raw.items()
        for name, found in of_size.items()
    ]


def _millions(events: int) -> str:
    return f"{events / 1e6:g} million"
