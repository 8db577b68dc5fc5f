from tests.reports.store import project, reader, store, urls

__all__ = ["project", "reader", "store", "urls"]
