"""Numbers for `/metrics`: under which name a process writes them, and those of the loader.

Processes write into files of a shared folder, which a scrape adds up (`api/metrics.py`). A file is
named after what its process is for (`web-0`), not after its process id: whoever is started in the
place of a process that died goes on counting in its file. So no count is lost by a crash, and no
file is left over. The server empties the folder when it starts.
"""

import os

from prometheus_client import Counter, Histogram, values

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def write_as(name: str) -> None:
    """Write the numbers of this process under `name`. Before the first number is made."""
    if VARIABLE in os.environ:
        # The library's own door for this: names must differ between processes that run at once.
        values.ValueClass = values.MultiProcessValue(lambda: name)  # type: ignore[no-untyped-call]


class Loading:
    """The numbers of the loader."""

    def __init__(self) -> None:
        self._batches = Counter(
            "desirepath_load_batches_total",
            "Batches that were loaded into the store.",
            registry=None,
        )
        self._records = Counter(
            "desirepath_load_records_total",
            "Records in them: events, and those that were refused.",
            registry=None,
        )
        self._failures = Counter(
            "desirepath_load_failures_total",
            "Steps of the loader that failed, by the error's code; each is tried again.",
            ["code"],
            registry=None,
        )
        self._seconds = Histogram(
            "desirepath_load_seconds",
            "From the log to the store, for a batch.",
            buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
            registry=None,
        )

    def loaded(self, records: int, seconds: float) -> None:
        """A batch was loaded."""
        self._batches.inc()
        self._records.inc(records)
        self._seconds.observe(seconds)

    def failed(self, code: str) -> None:
        """A step failed."""
        self._failures.labels(code).inc()
