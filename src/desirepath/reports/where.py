r"""Where: which events to count, and the only place where a caller's choice becomes SQL text.

Columns, operators and sections come from closed lists; values are bound, never pasted.

Several filters must all hold. A filter with several values holds where any of them does (`is not`:
where none does). Letters are compared exactly, their case included. An event that has not the
number holds for no filter on it.

As text, one filter is `column=value`, with `!=`, `~=` (contains), `^=` (starts with), `$=` (ends
with), `>`, `<`, `>=`, `<=`, or the words: `path starts with /blog`. `|` stands between values:
`country=DE|AT`; a `|` that belongs to a value is written `\|`, a `\` as `\\`.
"""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Struct

from desirepath.errors import Invalid

HOLE = "/* where */"  # a comment, so every report's SQL also runs as written

MOST_VALUES = 100
MOST_FILTERS = 20

#: What may be compared as text. The device is what the User-Agent header says, else what the
#: event says of itself.
TEXTS = {
    name: f"e.{name}"
    for name in (
        *("surface", "type", "host", "path", "title", "section", "referrer_host", "language"),
        *("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"),
        *("country", "region", "city"),
        *("actor", "actor_kind", "user_id", "session_id", "application"),
        *("bot_name", "bot_purpose", "error_group", "error_name", "http_method"),
        *("element_key", "element_type", "element_id", "element_text", "workflow_id"),
        *("object_id", "query", "variant", "source", "component"),
    )
} | {
    "device": "if(e.ua_device = '', e.device_type, e.ua_device)",
    "browser": "if(e.ua_browser = '', e.browser, e.ua_browser)",
    "os": "if(e.ua_os = '', e.os, e.ua_os)",
}

#: What may be compared as a number; NULL where an event has it not.
NUMBERS = {
    "http_status": "nullIf(e.http_status, 0)",
    "load_ms": "e.load_ms",
    "dom_content_loaded_ms": "e.dom_content_loaded_ms",
    "response_ms": "e.response_ms",
    "first_response_ms": "e.first_response_ms",
    "duration_ms": "e.duration_ms",
    "scroll_depth": "e.scroll_depth",
    "rank": "e.rank",
    "results_count": "e.results_count",
    "viewport_w": "nullIf(e.viewport_w, 0)",
    "viewport_h": "nullIf(e.viewport_h, 0)",
}

COLUMNS = TEXTS | NUMBERS

_EQUAL = {"is": "{column} IN {values}", "is_not": "{column} NOT IN {values}"}
_PARTS = {
    "contains": "position({column}, {value}) > 0",
    "starts_with": "startsWith({column}, {value})",
    "ends_with": "endsWith({column}, {value})",
}
_ORDER = {
    "greater": "{column} > {value}",
    "less": "{column} < {value}",
    "at_least": "{column} >= {value}",
    "at_most": "{column} <= {value}",
}
TEXT_OPERATORS = (*_EQUAL, *_PARTS)
NUMBER_OPERATORS = (*_EQUAL, *_ORDER)
OPERATORS = (*_EQUAL, *_PARTS, *_ORDER)

_SIGNS = {
    "!=": "is_not",
    "~=": "contains",
    "^=": "starts_with",
    "$=": "ends_with",
    ">=": "at_least",
    "<=": "at_most",
    "=": "is",
    ">": "greater",
    "<": "less",
}
# Longest first, so that 'is not' is not read as 'is'.
_WORDS = sorted(OPERATORS, key=len, reverse=True)
_TEXT = re.compile(
    r"\s*(\w+)(?:\s*("
    + "|".join(map(re.escape, _SIGNS))
    + r")|\s+("
    + "|".join(word.replace("_", "[_ ]") for word in _WORDS)
    + r")(?=\s|$))(.*)",
    re.DOTALL,
)
_VALUE = re.compile(r"((?:[^|\\]|\\.?)*)(\||\Z)", re.DOTALL)


class Filter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One condition. Raises Invalid, which lists what is allowed."""

    column: Annotated[str, msgspec.Meta(extra_json_schema={"enum": [*COLUMNS]})]
    op: Annotated[str, msgspec.Meta(extra_json_schema={"enum": [*OPERATORS]})] = "is"
    values: Sequence[str | float]

    def __post_init__(self) -> None:
        if self.column not in COLUMNS:
            raise Invalid(
                f"there is no column {self.column!r}; there are {', '.join(COLUMNS)}",
                field="where",
            )
        allowed = TEXT_OPERATORS if self.column in TEXTS else NUMBER_OPERATORS
        if self.op not in allowed:
            raise Invalid(
                f"{self.column} cannot be compared by {self.op!r}, only by {', '.join(allowed)}",
                field="where",
            )
        if not 1 <= len(self.values) <= (1 if self.op in _ORDER else MOST_VALUES):
            most = "one value" if self.op in _ORDER else f"1 to {MOST_VALUES} values"
            raise Invalid(f"{self.column} {self.op} takes {most}", field="where")
        read = _as_text if self.column in TEXTS else _as_number
        for value in self.values:
            read(self, value)


def parse(text: str) -> Filter:
    """The filter that `text` says: `path^=/blog`, `country is DE|AT`. Raises Invalid."""
    found = _TEXT.fullmatch(text)
    if found is None:
        raise Invalid(
            f"{text!r} is not a filter: write a column, one of {' '.join(_SIGNS)}, and a value, as"
            " in path^=/blog",
            field="where",
        )
    column, sign, words, rest = found.groups()
    op = _SIGNS[sign] if sign else words.replace(" ", "_")
    return Filter(column=column, op=op, values=_values(rest))


def narrow(sql: str, filters: Sequence[Filter]) -> tuple[str, dict[str, Any]]:
    """Fill the holes in `sql` with `filters`; return the text and the values to bind."""
    if len(filters) > MOST_FILTERS:
        raise Invalid(f"{len(filters)} filters; at most {MOST_FILTERS}", field="where")
    clauses: list[str] = []
    values: dict[str, Any] = {}
    for at, one in enumerate(filters):
        column = COLUMNS[one.column]
        read: Callable[[Filter, str | float], Any]
        kind, read = ("String", _as_text) if one.column in TEXTS else ("Float64", _as_number)
        bound = [read(one, value) for value in one.values]
        if one.op in _EQUAL:
            name = f"filter_{at}"
            values[name] = bound
            clause = _EQUAL[one.op].format(column=column, values=f"{{{name}:Array({kind})}}")
        else:
            pattern = (_PARTS | _ORDER)[one.op]
            names = [f"filter_{at}_{i}" for i in range(len(bound))]
            values |= dict(zip(names, bound, strict=True))
            clause = " OR ".join(
                pattern.format(column=column, value=f"{{{name}:{kind}}}") for name in names
            )
        clauses.append(f"\n  AND ({clause})")
    return sql.replace(HOLE, "".join(clauses)), values


def only(sql: str, sections: Iterable[str], asked: Iterable[str]) -> str:
    """`sql` without the lines that end in `-- section` where that section is not asked for."""
    dropped = tuple(f"-- {name}" for name in set(sections) - set(asked))
    return "\n".join(line for line in sql.split("\n") if not line.endswith(dropped))


def _values(text: str) -> list[str]:
    found: list[str] = []
    at = 0
    while True:
        value = _VALUE.match(text, at)
        if value is None:  # unreachable: the pattern takes any text
            return found
        found.append(re.sub(r"\\(.?)", r"\1", value[1].strip(), flags=re.DOTALL))
        if not value[2]:
            return found
        at = value.end()


def _as_text(one: Filter, value: str | float) -> str:
    if not isinstance(value, str):
        raise Invalid(f"{one.column} is compared with text, not with {value!r}", field="where")
    if not value and one.op in _PARTS:
        raise Invalid(f"{one.column} {one.op} needs some text", field="where")
    try:
        value.encode()
    except UnicodeEncodeError as exc:
        raise Invalid(f"a value for {one.column} is not Unicode text", field="where") from exc
    return value


def _as_number(one: Filter, value: str | float) -> float:
    try:
        number = float(value)
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise Invalid(f"{one.column} is compared with a number, not {value!r}", field="where")
    return number
