"""What a run found: figures beside their targets, and everything raw that they came from.

A figure holds one number. `target` is what DESIGN promises, `more` says on which side of it is
good. A section is one question; a result is one run, and is what `bench/results/*.json` holds.
"""

from pathlib import Path
from statistics import median
from typing import Any

import msgspec
from msgspec import Struct

RESULTS = Path(__file__).parent / "results"


class Figure(Struct, frozen=True, kw_only=True):
    """One line of the table."""

    what: str
    value: float
    unit: str = ""  # '' for a ratio
    target: float | None = None
    more: bool = True  # more is better
    note: str = ""
    key: bool = False  # shown in the README

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.target is None:
            return None
        return self.value >= self.target if self.more else self.value <= self.target

    @property
    def shown(self) -> str:
        """The number as people read it, with its unit."""
        return _with_unit(self.value, self.unit)

    @property
    def target_shown(self) -> str:
        """`≥ 0.80`; '' where there is none."""
        if self.target is None:
            return ""
        return f"{'≥' if self.more else '≤'} {_with_unit(self.target, self.unit)}"


class Section(Struct, frozen=True, kw_only=True):
    """One question's figures; `raw` is every measured value, `took` the seconds it needed."""

    name: str
    title: str
    figures: list[Figure]
    raw: dict[str, Any]
    took: float = 0.0
    load_average: float = 0.0  # of the machine when it began: others' work, where it is not near 0


class Result(Struct, frozen=True, kw_only=True):
    """One run. Times are ISO 8601, UTC."""

    at: str
    commit: str
    changed: bool  # the source differed from the commit
    machine: dict[str, Any]
    sections: list[Section]


def write(result: Result, folder: Path = RESULTS) -> Path:
    """Write `result` under its date and commit; return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result.at[:10]}-{result.commit}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n")
    return path


def newest(folder: Path = RESULTS) -> Result | None:
    """The latest result in `folder`; None where there is none."""
    found = [msgspec.json.decode(p.read_bytes(), type=Result) for p in folder.glob("*.json")]
    return max(found, key=lambda one: one.at, default=None)


def middle(values: list[float]) -> float:
    """The median."""
    return float(median(values))


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least `share` of all are not over (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _with_unit(value: float, unit: str) -> str:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}".strip()
