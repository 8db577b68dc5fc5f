"""The table that a run prints: every figure beside its target."""

from collections.abc import Sequence

from rich import box
from rich.table import Table

from bench.figures import Section

_MET = {True: "[green]met[/]", False: "[red]missed[/]", None: ""}


def table(sections: Sequence[Section], caption: str = "") -> Table:
    """All of `sections`, in their order."""
    made = Table(box=box.SIMPLE_HEAD, caption=caption, caption_justify="left")
    made.add_column("what", ratio=4)
    made.add_column("measured", justify="right", no_wrap=True)
    made.add_column("target", justify="right", no_wrap=True)
    made.add_column("")
    made.add_column("beside it", ratio=5, style="dim")
    for section in sections:
        made.add_row(f"[bold]{section.name}[/]: {section.title}")
        for one in section.figures:
            made.add_row(f"  {one.what}", one.shown, one.target_shown, _MET[one.met], one.note)
        made.add_section()
    return made
