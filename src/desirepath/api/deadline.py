"""A deadline for reading a whole body, at next to no cost for those who are quick.

`asyncio.timeout` arms a timer for each request: 15 µs of the 35 that an empty request takes
(docs/decisions/ingest-route.md). Here a request is only noted, and one sweep a second ends the
late ones, so a deadline is kept to within a second.
"""

import asyncio
import time
from typing import Any


class Deadlines:
    """The requests whose bodies are still being read."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._reading: dict[asyncio.Task[Any], float] = {}
        self._late: set[asyncio.Task[Any]] = set()
        self._sweeper: asyncio.Task[None] | None = None

    def begin(self) -> asyncio.Task[Any]:
        """Note that the current request begins to read."""
        if self._sweeper is None:
            self._sweeper = asyncio.create_task(self._sweep())
        task = asyncio.current_task()
        assert task is not None  # a request always runs in a task
        self._reading[task] = time.monotonic()
        return task

    def end(self, task: asyncio.Task[Any]) -> None:
        """It has read all."""
        self._reading.pop(task, None)

    def was_late(self, task: asyncio.Task[Any]) -> bool:
        """Whether `task` was cancelled by the sweep, and not by somebody else."""
        if task in self._late:
            self._late.discard(task)
            task.uncancel()
            return True
        return False

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(1)
            before = time.monotonic() - self.seconds
            for task in [task for task, begun in self._reading.items() if begun < before]:
                del self._reading[task]
                self._late.add(task)
                task.cancel()
