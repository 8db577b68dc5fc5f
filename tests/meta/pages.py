"""Pages that are made from the code, so that they cannot say something else than the code does.

    python -m tests.meta.pages          write them
    python -m tests.meta.pages --check  name those that are stale; exit code 1 where there are any

`docs/settings.md` is made of the fields of `Settings`, `docs/cli.md` of the commands themselves,
`docs/openapi.json` of the routes.
"""

import argparse
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from pydantic_core import PydanticUndefined

from desirepath.api import openapi
from desirepath.api.app import build
from desirepath.cli.app import COMMANDS
from desirepath.settings import GiB, MiB, Settings
from tests.meta.application import services

ROOT = Path(__file__).parents[2]

_HEAD = "<!-- Made by `python -m tests.meta.pages`. Change the code, then run that. -->\n"


def settings_page() -> str:
    """Every setting, its default and what it does."""
    lines = [
        "# Settings",
        "",
        _HEAD,
        "Each is an environment variable. All have a default: an empty environment is a working",
        "installation. `desirepath settings` shows what they are now. An option on the command",
        "line wins over the environment.",
        "",
        "| variable | default | what it does |",
        "| --- | --- | --- |",
    ]
    for name, field in Settings.model_fields.items():
        lines.append(
            f"| `DESIREPATH_{name.upper()}` | {_default(field.default)} | {field.description} |"
        )
    return "\n".join(lines) + "\n"


def _default(value: object) -> str:
    if value is PydanticUndefined:
        return "none: it must be given"
    if value in (None, ""):
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        for size, unit in ((GiB, "GiB"), (MiB, "MiB")):
            if value and value % size == 0:
                return f"`{value}` ({value // size} {unit})"
    return f"`{value}`"


def cli_page() -> str:
    """Every command, its arguments and its options."""
    lines = [
        "# The command line",
        "",
        _HEAD,
        "`desirepath COMMAND --help` says the same. Errors made for people are one line on stderr;",
        "the exit code is then 1, and 2 where the command line itself is wrong.",
    ]
    for name, command in commands():
        lines += ["", f"## `{name}`", "", inspect.cleandoc(command.help or "").strip()]
        rows = [_parameter(one) for one in command.params if one.name != "help"]
        if rows:
            lines += ["", "| | what it is | default |", "| --- | --- | --- |", *rows]
    return "\n".join(lines) + "\n"


def commands() -> Iterator[tuple[str, Any]]:
    """(`desirepath projects list`, the command) of every command there is, in order."""
    app = typer.Typer(name="desirepath", rich_markup_mode=None, add_completion=False)
    for module in COMMANDS.values():
        import_module(f"desirepath.cli.{module}").register(app)
    yield from _leaves("desirepath", typer.main.get_command(app))


def _leaves(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name, command
    else:
        for word, one in inner.items():
            yield from _leaves(f"{name} {word}", one)


def _parameter(one: Any) -> str:
    is_option = one.param_type_name == "option"
    shown = ", ".join([*one.opts, *one.secondary_opts]) if is_option else one.name.upper()
    # A default can be a path, a list or a function as well; only text and numbers are typed.
    default = getattr(one.default, "value", one.default)
    typed = isinstance(default, str | int | float) and not isinstance(default, bool)
    value = "required" if one.required else f"`{default}`" if typed and default != "" else ""
    return f"| `{shown}` | {_one_line(one.help or '')} | {value} |"


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|").strip()


def openapi_document() -> str:
    """Every route, as machines read it."""
    with services() as opened:
        return json.dumps(openapi.describe(build(opened)), indent=1, sort_keys=True) + "\n"


#: Where it lies → what it must say.
PAGES: dict[str, Callable[[], str]] = {
    "docs/settings.md": settings_page,
    "docs/cli.md": cli_page,
    "docs/openapi.json": openapi_document,
}


def stale(root: Path = ROOT) -> list[str]:
    """The pages that do not say what the code says."""
    found = []
    for name, page in PAGES.items():
        path = root / name
        if not path.exists() or path.read_text() != page():
            found.append(name)
    return found


def main() -> int:
    """Write the pages, or name those that are stale."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="write nothing")
    given = parser.parse_args()
    for name in stale():
        sys.stdout.write(f"{name} {'is stale' if given.check else 'is written anew'}\n")
        if not given.check:
            (ROOT / name).write_text(PAGES[name]())
        else:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
