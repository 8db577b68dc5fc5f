"""Frames: an answer as an Arrow table, which pandas, Polars and DuckDB read without a copy.

Columns have their types also where there is no row: times are UTC to the millisecond, an int that
may be missing is an int64 with null. pyarrow is imported when a table is first made.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct, inspect

from desirepath import reports
from desirepath.errors import NotFound
from desirepath.reports.base import Answer, Report

if TYPE_CHECKING:
    import pyarrow  # type: ignore[import-untyped]


def table(answer: Answer[Any], name: str = "") -> "pyarrow.Table":
    """The rows of `name` (default: the report's main table). Raises NotFound, which lists them."""
    report = next(one for one in reports.ALL if isinstance(answer.data, one.answer))
    name = name or report.main(answer.data)
    there = _tables(report)
    if name not in there:
        raise NotFound(f"{report.name} has no table {name!r}; it has {', '.join(there)}")
    return _arrow(there[name], getattr(answer.data, name) or [])


def _tables(report: Report[Any, Any]) -> dict[str, inspect.StructType]:
    found = {}
    answer = inspect.type_info(report.answer)
    assert isinstance(answer, inspect.StructType)
    for field in answer.fields:
        for kind in _alternatives(field.type):
            if isinstance(kind, inspect.ListType) and isinstance(
                kind.item_type, inspect.StructType
            ):
                found[field.name] = kind.item_type
    return found


def _arrow(row: inspect.StructType, rows: list[Struct]) -> "pyarrow.Table":
    import pyarrow

    schema = pyarrow.schema([(field.name, _type(field.type)) for field in row.fields])
    # Times stay times; nested rows become what Arrow calls structs.
    columns = msgspec.to_builtins(rows, builtin_types=(datetime,))
    return pyarrow.Table.from_pylist(columns, schema=schema)


def _type(kind: inspect.Type) -> Any:
    import pyarrow

    kinds = [one for one in _alternatives(kind) if not isinstance(one, inspect.NoneType)]
    match kinds:
        case [inspect.IntType()]:
            return pyarrow.int64()
        case [inspect.FloatType()]:
            return pyarrow.float64()
        case [inspect.BoolType()]:
            return pyarrow.bool_()
        case [inspect.DateTimeType()]:
            return pyarrow.timestamp("ms", "UTC")
        case [inspect.StrType()] | [inspect.LiteralType()]:
            return pyarrow.string()
        case [inspect.ListType(item_type=item)]:
            return pyarrow.list_(_type(item))
        case [inspect.StructType(fields=fields)]:
            return pyarrow.struct([(field.name, _type(field.type)) for field in fields])
    raise TypeError(f"a report's row cannot hold {kind}")


def _alternatives(kind: inspect.Type) -> tuple[inspect.Type, ...]:
    return kind.types if isinstance(kind, inspect.UnionType) else (kind,)
