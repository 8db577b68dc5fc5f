"""What the settings of a project and of a key may be.

Every error names the field, what was wrong with it and what would do.
"""

import re
import zoneinfo
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import msgspec

from desirepath.errors import Invalid
from desirepath.model.event import Surface
from desirepath.model.project import ALL_PROJECTS, Project, Role
from desirepath.projects.origins import parse_origins

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?", re.ASCII)
_FIELDS = frozenset(Project.__struct_fields__)

# 9999-12-31. Milliseconds by mistake are beyond it.
_NEVER = 253_402_214_400.0

MOST_DAYS = 36_500  # the store's dates end in 2149
MOST_EVENTS_PER_SECOND = 10_000_000


def check_project(project: Project) -> Project:
    """`project` with its origins normalised. Invalid where a setting is not allowed."""
    check_id(project.id)
    check_label(project.name, field="name")
    check_rate(project.rate_per_second)
    if project.timezone not in _timezones():
        raise Invalid(
            f"{project.timezone!r} is no time zone. Use a name of the IANA list, "
            "such as 'Europe/Berlin' or 'UTC'.",
            field="timezone",
        )
    for kind, days in project.retention_days.items():
        _check_retention(kind, days)
    _check_parameters(project.query_allowlist)
    origins = parse_origins(project.allowed_origins, field="allowed_origins")
    return msgspec.structs.replace(project, allowed_origins=origins)


def change_project(project: Project, changes: Mapping[str, Any]) -> Project:
    """`project` with `changes` applied and checked. The id cannot change."""
    for name in changes:
        if name not in _FIELDS:
            known = ", ".join(sorted(_FIELDS - {"id"}))
            raise Invalid(f"A project has no setting {name[:100]!r}. It has: {known}.", field=name)
    if changes.get("id", project.id) != project.id:
        raise Invalid("The id of a project cannot change: its events carry it.", field="id")
    try:
        changed = msgspec.convert({**msgspec.to_builtins(project), **changes}, Project)
    except msgspec.ValidationError as problem:
        raise Invalid(str(problem), field=_field_of(problem)) from None
    return check_project(changed)


def check_id(project_id: str) -> None:
    """Invalid unless `project_id` may name a project."""
    if not _SLUG.fullmatch(project_id):
        raise Invalid(
            f"{project_id[:100]!r} cannot name a project. Use 1 to 64 lower case letters, digits "
            "and dashes, beginning and ending with a letter or a digit.",
            field="id",
        )


def check_label(text: str, *, field: str) -> None:
    """Invalid unless `text` is at most 200 printable characters."""
    # Not printable: control characters, NUL (which PostgreSQL refuses) and lone surrogates.
    if len(text) > 200 or not text.isprintable():
        raise Invalid(f"{field} must be at most 200 printable characters.", field=field)


def check_rate(rate: int) -> None:
    """Invalid unless `rate` is 0 (no limit) or a number of events a second."""
    if not 0 <= rate <= MOST_EVENTS_PER_SECOND:
        raise Invalid(
            f"rate_per_second is {rate}; use 0 for no limit, or 1 to {MOST_EVENTS_PER_SECOND}.",
            field="rate_per_second",
        )


def check_key(
    project: str, role: Role, name: str, rate: int, expires_at: float | None, now: float
) -> None:
    """Invalid unless a key may be made with this. Whether the project exists is not asked."""
    check_label(name, field="name")
    check_rate(rate)
    if project == ALL_PROJECTS and role is not Role.ADMIN:
        raise Invalid(
            f"A {role} key is of one project; only an admin key is of all.", field="project"
        )
    if expires_at is not None and not now < expires_at < _NEVER:
        raise Invalid(
            "expires_at must be a time to come, in Unix seconds (not milliseconds).",
            field="expires_at",
        )


def _check_retention(kind: str, days: int) -> None:
    surface, slash, type_ = kind.partition("/")
    if surface not in Surface.__members__.values():
        raise Invalid(
            f"{kind[:100]!r} is no surface. Use one of {', '.join(Surface)}, alone or as "
            "surface/type.",
            field="retention_days",
        )
    if slash and not (0 < len(type_) <= 100 and type_.isprintable()):
        raise Invalid(
            f"{kind[:100]!r} names no event type after the slash.", field="retention_days"
        )
    if not 1 <= days <= MOST_DAYS:
        raise Invalid(
            f"retention_days of {kind!r} is {days}; use 1 to {MOST_DAYS} days.",
            field="retention_days",
        )


def _check_parameters(names: Iterable[str]) -> None:
    listed = tuple(names)
    if len(listed) > 100:
        raise Invalid(f"{len(listed)} URL parameters are over 100.", field="query_allowlist")
    for name in listed:
        if not (0 < len(name) <= 100 and name.isprintable()):
            raise Invalid(
                f"{name[:100]!r} is no name of a URL parameter (1 to 100 printable characters).",
                field="query_allowlist",
            )


def _field_of(problem: msgspec.ValidationError) -> str | None:
    # msgspec ends its message with the place: "... - at `$.retention_days[...]`".
    found = re.search(r"`\$\.(\w+)", str(problem))
    return found[1] if found else None


@cache
def _timezones() -> frozenset[str]:
    # Listing them walks a folder. The two left out mean something else on every machine.
    return frozenset(zoneinfo.available_timezones() - {"localtime", "Factory"})
