"""A project: whose events these are, and what the owner chose to keep of them."""

from enum import StrEnum

from msgspec import Struct, field

DEFAULT_PROJECT = "default"

#: What `Key.project` says of a key over every project. No project can be called this.
ALL_PROJECTS = "*"

#: Days that events are kept, by surface; `surface/type` is narrower and wins.
DEFAULT_RETENTION = {
    "trackflow": 365,
    "clicks": 365,
    "search": 365,
    "interactions": 90,
    "clickstream": 365,
    "ubi": 365,
}


class IpMode(StrEnum):
    """What is stored of an address. It is always read for the place, then dropped."""

    DROP = "drop"
    TRUNCATE = "truncate"  # IPv4 to /24, IPv6 to /48
    STORE = "store"


class Role(StrEnum):
    """What a key may do. Not a ladder: a read key may not send, a write key may not read."""

    WRITE = "write"  # public: may only send
    READ = "read"  # secret: may only read
    ADMIN = "admin"  # secret: sends and reads too; erases, resets, manages


class Project(Struct, frozen=True, kw_only=True):
    """The settings of one project, as ingest and the reports need them."""

    id: str
    name: str = ""
    timezone: str = "UTC"
    ip_mode: IpMode = IpMode.DROP
    honour_gpc: bool = True
    honour_dnt: bool = False
    query_allowlist: tuple[str, ...] = ()  # URL parameters kept beside utm_*
    allowed_origins: tuple[str, ...] = ()  # empty: any
    rate_per_second: int = 0  # events; 0: no limit
    retention_days: dict[str, int] = field(default_factory=dict)

    def keeps_days(self, surface: str, type_: str) -> int:
        """Days an event of this surface and type is kept."""
        if self.retention_days:
            for key in (f"{surface}/{type_}", surface):
                if key in self.retention_days:
                    return self.retention_days[key]
        return DEFAULT_RETENTION.get(surface, 365)


class Key(Struct, frozen=True, kw_only=True):
    """A key as the server knows it: never the secret itself."""

    id: str
    project: str  # or ALL_PROJECTS, for an admin key only
    role: Role
    prefix: str  # the first characters of the secret, to recognise it by
    name: str = ""
    origins: tuple[str, ...] = ()  # empty: any
    rate_per_second: int = 0  # events; 0: no limit of its own
    created_at: float = 0.0  # Unix seconds, like all times here
    expires_at: float | None = None
    revoked_at: float | None = None
    last_used_at: float | None = None  # to the minute

    def usable(self, now: float) -> bool:
        """Neither revoked nor expired at `now` (Unix seconds)."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
