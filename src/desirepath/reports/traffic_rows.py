"""The rows of the traffic report, one kind a section."""

from datetime import datetime
from typing import Literal

from msgspec import Struct


class Total(Struct, frozen=True):
    views: int
    visitors: int
    sessions: int
    bounce_share: float | None  # 0 to 1
    visitors_by_kind: dict[str, int]  # user, anonymous, daily, minted


class Moment(Struct, frozen=True):
    start: datetime
    label: str  # on the local clock
    partial: bool  # not all of it lies in the period
    views: int
    visitors: int
    sessions: int


class Page(Struct, frozen=True):
    path: str
    views: int
    visitors: int


class Referrer(Struct, frozen=True):
    kind: Literal["direct", "internal", "external"]
    host: str  # '' unless external
    views: int
    visitors: int


class Source(Struct, frozen=True):
    source: str
    medium: str
    campaign: str
    views: int
    visitors: int


class Device(Struct, frozen=True):
    device: str
    views: int
    visitors: int


class Browser(Struct, frozen=True):
    browser: str
    views: int
    visitors: int


class System(Struct, frozen=True):
    os: str
    views: int
    visitors: int


class Country(Struct, frozen=True):
    country: str  # ISO 3166-1 alpha-2; '' where it is not known
    views: int
    visitors: int


class Region(Struct, frozen=True):
    country: str
    region: str
    views: int
    visitors: int


class City(Struct, frozen=True):
    country: str
    region: str
    city: str
    views: int
    visitors: int


class Status(Struct, frozen=True):
    status: int
    requests: int
    visitors: int


class Traffic(Struct, frozen=True, kw_only=True):
    """A section that was not asked for is null. Lists: most views first, cut at the limit."""

    total: Total
    previous: Total | None = None  # the period of the same length before this one
    bucket: str | None = None
    time: list[Moment] | None = None
    pages: list[Page] | None = None
    referrers: list[Referrer] | None = None
    sources: list[Source] | None = None
    devices: list[Device] | None = None
    browsers: list[Browser] | None = None
    systems: list[System] | None = None
    countries: list[Country] | None = None
    regions: list[Region] | None = None
    cities: list[City] | None = None
    statuses: list[Status] | None = None
