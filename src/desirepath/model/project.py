"""A project: whose events these are, and what the owner chose to keep of them."""

from enum import StrEnum

from msgspec import Struct, field

DEFAULT_PROJECT = "default"

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
    """What a key may do. Each includes the ones before it."""

    WRITE = "write"
    READ = "read"
    ADMIN = "admin"


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
        for key in (f"{surface}/{type_}", surface):
            if key in self.retention_days:
                return self.retention_days[key]
        return DEFAULT_RETENTION.get(surface, 365)


class Key(Struct, frozen=True, kw_only=True):
    """A key as the server knows it: never the secret itself."""

    id: str
    project: str
    role: Role
    prefix: str
    origins: tuple[str, ...] = ()
    rate_per_second: int = 0
    expires_at: float | None = None
    revoked_at: float | None = None

    def usable(self, now: float) -> bool:
        """Neither revoked nor expired at `now` (Unix seconds)."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
