"""What the processes of a server hold, again and again, and whether it grows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import psutil


@dataclass(frozen=True)
class Sample:
    """One look at one process."""

    rss: int  # bytes
    files: int
    threads: int


@dataclass
class Watch:
    """Samples of every process of a server, by role."""

    samples: dict[str, list[Sample]] = field(default_factory=dict)

    def look(self, pids: Mapping[str, int]) -> None:
        """Take one sample of each."""
        for role, pid in pids.items():
            process = psutil.Process(pid)
            found = Sample(process.memory_info().rss, process.num_fds(), process.num_threads())
            self.samples.setdefault(role, []).append(found)

    def growth(self, role: str) -> Sample:
        """The median of the last third minus that of the middle third: the first is warming up."""
        taken = self.samples[role]
        third = len(taken) // 3
        middle, last = taken[third : 2 * third], taken[2 * third :]
        return Sample(
            _median([s.rss for s in last]) - _median([s.rss for s in middle]),
            _median([s.files for s in last]) - _median([s.files for s in middle]),
            _median([s.threads for s in last]) - _median([s.threads for s in middle]),
        )


def _median(values: list[int]) -> int:
    return sorted(values)[len(values) // 2]
