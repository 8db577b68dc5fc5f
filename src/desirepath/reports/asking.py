"""Ask a report by name with parameters as people give them: the HTTP API, the CLI and Python alike.

Common parameters: `since`, `until` (reports.period), `where` (reports.where), `timezone` (default:
the project's), `bots` (true: count them too), `limit`. All others are the report's own.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct, structs

from desirepath import reports
from desirepath.errors import Invalid
from desirepath.model.project import Project
from desirepath.reports.base import Answer, Scope
from desirepath.reports.period import period
from desirepath.reports.where import Filter, parse
from desirepath.store.client import Store


class Common(Struct, frozen=True, kw_only=True):
    """What every report takes."""

    since: str = ""
    until: str = ""
    where: Sequence[str | Filter] | str = ()
    timezone: str = ""
    bots: bool = False
    limit: int = 100


COMMON = frozenset(Common.__struct_fields__)


def ask(
    store: Store,
    project: Project,
    name: str,
    asked: Mapping[str, Any],
    *,
    now: float,
    waiting: int = 0,
) -> Answer[Any]:
    """The answer. Raises NotFound for the report, Invalid for a parameter, naming it."""
    report = reports.report(name)
    own = {key: value for key, value in asked.items() if key not in COMMON}
    unknown = own.keys() - set(report.params.__struct_fields__)
    if unknown:
        known = ", ".join(sorted({*COMMON, *report.params.__struct_fields__}))
        wrong = sorted(unknown)[0]
        raise Invalid(f"{name} has no parameter {wrong!r}. It has: {known}", field=wrong)
    common = _convert({k: v for k, v in asked.items() if k in COMMON}, Common)
    params = _convert(own, report.params)
    timezone = common.timezone or project.timezone
    since, until = period(
        common.since, common.until, now=datetime.fromtimestamp(now, UTC), timezone=timezone
    )
    wheres = [common.where] if isinstance(common.where, str) else common.where
    scope = Scope(
        project=project.id,
        since=since,
        until=until,
        timezone=timezone,
        filters=[one if isinstance(one, Filter) else parse(one) for one in wheres if one],
        bots=common.bots,
        limit=common.limit,
    )
    answer = report.run(store, scope, params)
    return structs.replace(answer, meta=structs.replace(answer.meta, waiting=waiting))


def _convert(values: Mapping[str, Any], kind: Any) -> Any:
    # Not strict: on a query string every value is text.
    try:
        return msgspec.convert(dict(values), kind, strict=False)
    except msgspec.ValidationError as exc:
        text, _, path = str(exc).partition(" - at `$.")
        raise Invalid(text, field=path.rstrip("`") or None) from exc
