"""Every error a caller can act on.

* DesirepathError
  x Refused           the request is wrong; sending it again unchanged cannot work
    - Malformed       the body cannot be read at all
    - TooLarge        the body, or a part of it, is over a limit
    - Invalid         a value is missing or not allowed; `field` says which
    - NotAllowed      no key, a wrong key, or a key that may not do this
    - NotFound        no such project, report or object
  x Unavailable       the request is fine; trying again after `retry_after` seconds can work
    - LogFull         the log has reached its size cap, or the disk is full
    - LogBroken       the disk refused a write or a read
    - TooMany         over the rate of the project
    - StoreDown       the store cannot be reached
    - StoreBusy       the store ran out of time or memory for this query
    - NotYetVisible   strict reading was asked for and events are still waiting
  x StoreRefused      the store would not take a statement; `code` is ClickHouse's
  x LogCorrupt        records of the log cannot be read any more; says which
  x Misconfigured     settings that cannot work together; says the way out
  x Locked            another process owns the data folder
"""


class DesirepathError(Exception):
    """Base class: catch this to catch everything desirepath raises on purpose."""

    code = "error"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class Refused(DesirepathError):
    """The request is wrong; sending it again unchanged cannot work."""

    code = "refused"


class Malformed(Refused):
    """The body cannot be read at all."""

    code = "malformed"


class TooLarge(Refused):
    """The body, or a part of it, is over a limit."""

    code = "too_large"


class Invalid(Refused):
    """A value is missing or not allowed; `field` says which."""

    code = "invalid"


class NotAllowed(Refused):
    """No key, a wrong key, or a key that may not do this."""

    code = "not_allowed"

    def __init__(self, message: str, *, authenticated: bool = False) -> None:
        super().__init__(message)
        self.authenticated = authenticated  #: True: 403, the key is known; False: 401


class NotFound(Refused):
    """No such project, report or object."""

    code = "not_found"


class Unavailable(DesirepathError):
    """The request is fine; trying again after `retry_after` seconds can work."""

    code = "unavailable"

    def __init__(self, message: str, *, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class LogFull(Unavailable):
    """The log has reached its size cap, or the disk is full."""

    code = "log_full"


class LogBroken(Unavailable):
    """The disk refused a write or a read. After a write, a new segment will be tried."""

    code = "log_broken"


class TooMany(Unavailable):
    """Over the rate of the project."""

    code = "too_many"


class StoreDown(Unavailable):
    """The store cannot be reached."""

    code = "store_down"


class StoreBusy(Unavailable):
    """The store ran out of time or memory for this query."""

    code = "store_busy"


class NotYetVisible(Unavailable):
    """Strict reading was asked for and events are still waiting."""

    code = "not_yet_visible"


class StoreRefused(DesirepathError):
    """The store would not take a statement; `store_code` is ClickHouse's number."""

    code = "store_refused"

    def __init__(self, message: str, *, store_code: int = 0) -> None:
        super().__init__(message)
        self.store_code = store_code


class LogCorrupt(DesirepathError):
    """Records of the log cannot be read any more: offsets `first` to `last` of `log_id`.

    Reading goes on behind it: `read(log_id, after=last)`.
    """

    code = "log_corrupt"

    def __init__(self, message: str, *, path: str, log_id: str, first: int, last: int) -> None:
        super().__init__(message)
        self.path = path
        self.log_id = log_id
        self.first = first
        self.last = last


class Misconfigured(DesirepathError):
    """Settings that cannot work together; the message says the way out."""

    code = "misconfigured"


class Locked(DesirepathError):
    """Another process owns the data folder."""

    code = "locked"
