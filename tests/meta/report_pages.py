"""The pages of docs/reports, made from the reports, with an answer that was really given.

python -m tests.meta.report_pages    # writes them anew; a test fails where one is stale
"""

import inspect
import re
import tempfile
import types
import typing
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints
from urllib.parse import urlencode

import msgspec
from msgspec import NODEFAULT, Struct

from desirepath import reports
from desirepath.model.project import Project
from desirepath.reports import buckets, period, where
from desirepath.reports.asking import ask
from desirepath.reports.base import Meta, Report
from desirepath.store.client import Store
from tests.reports.store import run_store
from tests.stories import tell

FOLDER = Path(__file__).parents[2] / "docs" / "reports"
NOW = datetime(2026, 1, 3, tzinfo=UTC).timestamp()
PERIOD = {"since": "2026-01-01", "until": "2026-01-03"}

# What differs from run to run, or repeats the page.
_UNSHOWN = ("sql", "values", "rows_read", "took_ms")
_MADE = "<!-- Made from {source} by `python -m tests.meta.report_pages`. Change it there. -->"


def tell_the_example(store: Store, project: str) -> None:
    """The events that every page's example is about."""
    tell(
        store,
        "ann: view / 0, load / 840 2, view /pricing 40, click Buy 55, signup 80",
        project=project,
        country="DE",
        ua_browser="Firefox",
        ua_device="desktop",
        referrer_host="news.example.org",
    )
    tell(
        store,
        "bob: view /pricing 2h, load /pricing 1310 121m, error cart_is_not_defined 122m",
        "bob: view /pricing 26h, load /pricing 990 26h, error cart_is_not_defined 27h",
        project=project,
        path="/pricing",
        country="NP",
        ua_browser="Chrome Mobile",
        ua_device="mobile",
    )
    tell(store, "crawler: view / 5, view /pricing 6", project=project, bot=True)


def pages(store: Store, project: str) -> Iterator[tuple[str, str]]:
    """(file name, text) of every page."""
    yield "README.md", index()
    for report in reports.ALL:
        yield f"{report.name}.md", page(report, store, project)


def page(report: Report[Any, Any], store: Store, project: str) -> str:
    """The page of one report."""
    title, _, rest = report.text.partition("\n")
    asked = PERIOD | _asked(report)
    answer = ask(store, Project(id=project), report.name, asked, now=NOW)
    shown = msgspec.to_builtins(answer)
    for name in _UNSHOWN:
        del shown["meta"][name]
    address = f"/api/v1/projects/default/reports/{report.name}?{urlencode(asked, safe=',')}"
    source = f"src/desirepath/reports/{report.name}.py"
    return "\n".join(
        [
            f"# {title}",
            "",
            rest.strip(),
            "",
            "## Parameters",
            "",
            "Those of [every report](README.md): `since`, `until`, `where`, `timezone`, `bots`,"
            " `limit`."
            + (" Of its own:" if report.params.__struct_fields__ else " It has none of its own."),
            "",
            *_parameters(report.params),
            "## Fields of `data`",
            "",
            *_table(["field", "type", ""], _fields(report.answer)),
            "",
            "## Example",
            "",
            "```console",
            f"$ curl 'http://localhost:8000{address}'",
            "```",
            "",
            "```json",
            msgspec.json.format(msgspec.json.encode(shown), indent=2).decode(),
            "```",
            "",
            "`meta` also has `sql` as it ran with its `values`, `rows_read` and `took_ms`.",
            "",
            _MADE.format(source=source),
            "",
        ]
    )


def index() -> str:
    """The page about what all reports have in common."""
    rows = [
        (f"[{report.name}]({report.name}.md)", report.title.partition(": ")[2])
        for report in reports.ALL
    ]
    return "\n".join(
        [
            "# Reports",
            "",
            *_table(["report", "what it answers"], rows),
            "",
            "Ask one with `GET /api/v1/projects/{project}/reports/{name}`, with `desirepath report"
            " NAME`, or in Python with `desirepath.open(path).report(name)`. The answer is"
            " `{data, meta}`.",
            "",
            "## Parameters of every report",
            "",
            *_table(
                ["parameter", "default", ""],
                [
                    ("`since`, `until`", "the last 7 days", "the period, see below"),
                    ("`where`", "", "which events to count, see below; may be given again"),
                    ("`timezone`", "the project's", "an IANA name; where days begin"),
                    ("`bots`", "`false`", "`true`: count events flagged as a bot's, too"),
                    ("`limit`", "100", "rows of a list, at most 10,000"),
                ],
            ),
            "",
            "## What `meta` says",
            "",
            *_table(["field", "type", ""], _fields(Meta)),
            "",
            *_chapter(period),
            *_chapter(where),
            f"Text: {_listed(where.TEXTS)}. Compare with {_listed(where.TEXT_OPERATORS)}.",
            "",
            f"Numbers: {_listed(where.NUMBERS)}. Compare with {_listed(where.NUMBER_OPERATORS)}.",
            "",
            *_chapter(buckets),
            _MADE.format(source="src/desirepath/reports"),
            "",
        ]
    )


def _chapter(module: types.ModuleType) -> list[str]:
    title, _, rest = (module.__doc__ or "").partition("\n")
    return [f"## {title.rstrip('.')}", "", rest.strip(), ""]


def _listed(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _asked(report: Report[Any, Any]) -> dict[str, str]:
    example = msgspec.to_builtins(report.example)
    usual = msgspec.to_builtins(report.params())
    return {
        name: ",".join(value) if isinstance(value, list | tuple) else str(value)
        for name, value in example.items()
        if value != usual[name]
    }


def _parameters(params: type[Struct]) -> list[str]:
    rows = []
    hints = get_type_hints(params, include_extras=True)
    for field in msgspec.structs.fields(params):
        meta = next((one for one in get_args(hints[field.name]) if type(one) is msgspec.Meta), None)
        assert meta is not None
        assert meta.description
        assert field.default is not NODEFAULT
        usual = "" if field.default in (None, "") else f"`{_json(field.default)}`"
        if isinstance(field.default, tuple):
            usual = "all"
        rows.append(
            (f"`{field.name}`", _kind(get_args(hints[field.name])[0]), usual, meta.description)
        )
    return [*_table(["parameter", "type", "default", ""], rows), ""] if rows else []


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode().strip('"')


def _fields(struct: type[Struct], before: str = "") -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    said = _comments(struct)
    for name, hint in get_type_hints(struct).items():
        rows.append((f"`{before}{name}`", _kind(hint), said.get(name, "")))
        row = _row_of(hint)
        if row is not None:
            ending = "[]." if "list" in str(hint) else "."
            rows += _fields(row, f"{before}{name}{ending}")
    return rows


def _comments(struct: type[Struct]) -> dict[str, str]:
    source = inspect.getsource(struct)
    return dict(re.findall(r"^    (\w+): [^#\n]*# (.+)$", source, re.MULTILINE))


def _row_of(hint: Any) -> type[Struct] | None:
    if isinstance(hint, type) and issubclass(hint, Struct):
        return hint
    return next((row for one in get_args(hint) if (row := _row_of(one)) is not None), None)


def _kind(hint: Any) -> str:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is typing.Annotated:
        return _kind(inner[0])
    if origin in (types.UnionType, typing.Union):
        return " or ".join(dict.fromkeys(_kind(one) for one in inner))
    if origin is typing.Literal:
        return "one of " + ", ".join(f"`{one}`" for one in inner)
    if origin in (list, Sequence):
        return "list"
    if origin is dict or hint is dict:
        return "object"
    names = {int: "integer", float: "number", str: "text", bool: "boolean", datetime: "time"}
    return names.get(hint) or ("null" if hint is type(None) else "object")


def _table(head: list[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]


def write() -> None:
    """Write every page."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for url, _ in run_store(Path(folder) / "engine"):
            store = Store(url)
            project = f"pages{id(store)}"
            tell_the_example(store, project)
            for name, text in pages(store, project):
                (FOLDER / name).write_text(text, encoding="utf-8")
            store.close()


if __name__ == "__main__":
    write()
