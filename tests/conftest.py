"""What every room of tests shares: one store for the whole run."""

from tests.reports.store import project, reader, store, urls

__all__ = ["project", "reader", "store", "urls"]
