"""Work with a data folder from Python or the command line, whether or not a server runs.

    with desirepath.open("./data") as installation:
        installation.report("traffic", since="7d").to_pandas()

Where a server owns the folder, its engine and loader are used. Where none does, this process
becomes the owner: it starts an engine and a loader of its own, and stops them when it is closed.
"""

import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from desirepath.errors import Locked, NotFound
from desirepath.folder import Folder, Run
from desirepath.freshness import Freshness
from desirepath.log.ledger import Ledger
from desirepath.log.sqlite import SqliteLog
from desirepath.model.project import DEFAULT_PROJECT, Project
from desirepath.projects.control import Control
from desirepath.reports import frames
from desirepath.reports.asking import ask
from desirepath.reports.base import Answer
from desirepath.server import Supervisor, prepare
from desirepath.settings import Settings, load_settings
from desirepath.store.client import Store

START_SECONDS = 30.0


class Installation:
    """An open data folder. Close it, or use it in a `with` block."""

    def __init__(self, folder: Folder, settings: Settings) -> None:
        self.folder, self.settings = folder, settings
        self._supervisor: Supervisor | None = None
        run = self._attach()
        self.store = Store(
            settings.store_url or run.store_url(), query_seconds=settings.query_seconds
        )
        self.log = SqliteLog(folder.log)
        self.ledger = Ledger(folder.ledger)
        self.control = Control(folder.control_url(settings.control_url))
        self._freshness = Freshness(folder, self.log, self.ledger)

    def _attach(self) -> Run:
        deadline = time.monotonic() + START_SECONDS
        while True:
            if not self.folder.owned():
                try:
                    return self._become_owner()
                except Locked:
                    pass  # somebody was faster: attach to it
            run = self.folder.run()
            if run is not None:
                return run
            if time.monotonic() > deadline:
                raise Locked(f"{self.folder.root} is owned by a process that does not answer")
            time.sleep(0.05)

    def _become_owner(self) -> Run:
        prepare(self.folder, self.settings.model_copy(update={"host": "127.0.0.1"}))
        supervisor = Supervisor(self.folder, self.settings, web=False)
        run = supervisor.start()
        self._supervisor = supervisor
        supervisor.wait_ready(START_SECONDS)
        return run

    def project(self, name: str = DEFAULT_PROJECT) -> Project:
        """A project by id. Raises NotFound, naming those there are."""
        try:
            return self.control.project(name)
        except NotFound as exc:
            known = ", ".join(project.id for project in self.control.list_projects())
            raise NotFound(f"{exc.message} There are: {known}", field="project") from exc

    def report(self, name: str, project: str = DEFAULT_PROJECT, **asked: Any) -> "Reported":
        """Ask a report: `since`, `until`, `where`, `bots`, and the report's own parameters.

        Raises NotFound for a report or project there is none of, Invalid for a wrong parameter.
        """
        settings = self.project(project)
        waiting = self.fresh()
        return Reported(ask(self.store, settings, name, asked, now=time.time(), waiting=waiting))

    def fresh(self, patience_ms: int | None = None) -> int:
        """Wait until all that is in the log can be seen; return how many records cannot."""
        return self._freshness.wait(patience_ms or self.settings.visible_within_ms)

    def close(self) -> None:
        """Give everything back; stop what this process started."""
        self.store.close()
        self.ledger.close()
        self.control.close()
        if self._supervisor is not None:
            self._supervisor.stop()
            self._supervisor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Reported:
    """The answer of a report, and the tables it can become."""

    def __init__(self, answer: Answer[Any]) -> None:
        self.data, self.meta = answer.data, answer.meta
        self._answer = answer

    def to_arrow(self) -> Any:
        """The main table as a pyarrow.Table."""
        return frames.table(self._answer)

    def to_pandas(self) -> Any:
        """The main table as a pandas.DataFrame (needs the extra `dataframes`)."""
        return self.to_arrow().to_pandas()

    def to_polars(self) -> Any:
        """The main table as a polars.DataFrame (needs the extra `dataframes`)."""
        import polars

        return polars.from_arrow(self.to_arrow())


def open_folder(path: str | Path = "data", **settings: Any) -> Installation:
    """Open a data folder; `settings` as in docs/settings.md."""
    chosen = load_settings(data=Path(path), **settings)
    return Installation(Folder(chosen.data), chosen)
