"""What the tests look at in the project's Markdown: its files, headings, links and examples."""

import re
import subprocess
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(r"^( *)```([a-z]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`[^`\n]*`")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


class Fence(NamedTuple):
    """One block of code."""

    file: str
    language: str
    text: str


@cache
def tracked(*patterns: str) -> tuple[str, ...]:
    """The project's own files, committed or not yet, relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split("\0")
    return tuple(sorted({name for name in listed if name and (ROOT / name).is_file()}))


def pages() -> tuple[str, ...]:
    """Every Markdown file."""
    return tracked("*.md")


def read(name: str) -> str:
    """The text of a file."""
    return (ROOT / name).read_text()


def fences(name: str, *languages: str) -> list[Fence]:
    """The blocks of code in a page; none given: of any language."""
    found = []
    for indent, language, text in _FENCE.findall(read(name)):
        if not languages or language in languages:
            plain = re.sub(rf"^{indent}", "", text, flags=re.MULTILINE)
            found.append(Fence(name, language, plain))
    return found


def links(name: str) -> list[str]:
    """What a page links to, outside of code."""
    return _LINK.findall(_CODE.sub("", _FENCE.sub("", read(name))))


def headings(name: str) -> list[str]:
    """The headings of a page, outside of code."""
    return _HEADING.findall(_FENCE.sub("", read(name)))


def anchors(name: str) -> set[str]:
    """The fragments that links to a page can end in, as GitHub makes them."""
    found: set[str] = set()
    for heading in headings(name):
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        number, unique = 0, slug
        while unique in found:
            number += 1
            unique = f"{slug}-{number}"
        found.add(unique)
    return found


def commands(fence: Fence) -> list[str]:
    """The commands of a `console` block: what follows a `$`, with the lines that continue it."""
    found: list[str] = []
    for line in fence.text.splitlines():
        if line.startswith("$ "):
            found.append(line[2:])
        elif found:
            found[-1] += f"\n{line}"
    return found
