"""`multipart/form-data`: fields, and files that a query can read as tables."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from desirepath.engine.refusal import Refusal

_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,200})"|([^;\s]{1,200}))', re.IGNORECASE)
_NAME = re.compile(r'\bname="((?:[^"\\]|\\.)*)"')
_FILE_NAME = re.compile(r"\bfilename\*?=")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


@dataclass(frozen=True, slots=True)
class Table:
    """An external table: its data, and how the URL or the form describe it."""

    name: str
    structure: str
    format: str
    data: bytes

    @property
    def fields(self) -> tuple[str, str, str]:
        """The parameters that describe it."""
        return (f"{self.name}_structure", f"{self.name}_types", f"{self.name}_format")


def parse(content_type: str, body: Iterable[bytes]) -> tuple[dict[str, str], dict[str, bytes]]:
    """(fields, files) of a form. Raises Refusal where it is malformed or cut off."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise Refusal(36, "multipart/form-data without a boundary")
    limit = b"--" + (found[1] or found[2]).encode()
    whole = b"\r\n" + b"".join(body)
    parts = whole.split(b"\r\n" + limit)
    if len(parts) < 2 or not parts[-1].startswith(b"--"):
        raise Refusal(36, "the multipart body has no end")
    fields: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for part in parts[1:-1]:
        headers, split, data = part.partition(b"\r\n\r\n")
        about = headers.decode("utf-8", errors="replace")
        name = _NAME.search(about)
        if not split or name is None:
            raise Refusal(36, "a part of the multipart body has no name")
        if _FILE_NAME.search(about):
            files[name[1]] = data
        else:
            try:
                fields[name[1]] = data.decode()
            except UnicodeDecodeError:
                raise Refusal(36, f"the form's field {name[1][:64]!r} is not UTF-8") from None
    return fields, files


def tables(files: dict[str, bytes], given: dict[str, str]) -> list[Table]:
    """The files as tables. Raises Refusal where one is not described."""
    found = []
    for name, data in files.items():
        if not _IDENTIFIER.fullmatch(name):
            raise Refusal(36, f"{name[:64]!r} cannot be the name of an external table")
        structure = given.get(f"{name}_structure") or _columns(given.get(f"{name}_types", ""))
        if not structure:
            raise Refusal(36, f"neither {name}_structure nor {name}_types are given")
        found.append(Table(name, structure, given.get(f"{name}_format") or "TabSeparated", data))
    return found


def _columns(types: str) -> str:
    """`Int8,Array(String)` as `_1 Int8, _2 Array(String)`."""
    depth, start, found = 0, 0, []
    for at, mark in enumerate(types + ","):
        depth += (mark == "(") - (mark == ")")
        if mark == "," and depth == 0:
            found.append(types[start:at].strip())
            start = at + 1
    return ", ".join(f"_{n} {of}" for n, of in enumerate(filter(None, found), 1))
