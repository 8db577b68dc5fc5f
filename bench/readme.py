"""`python -m bench.readme`: write the key figures of the newest result into README.md.

They stand between two comments; everything else of the page is left as it is.
"""

import re
import sys
from pathlib import Path

from bench.figures import Figure, Result, newest
from bench.machine import in_words

README = Path(__file__).parent.parent / "README.md"
NONE = "No results yet: run `make bench`."
_BLOCK = re.compile(r"(?<=<!-- bench:begin -->\n).*?(?=\n<!-- bench:end -->)", re.DOTALL)


def block(result: Result | None) -> str:
    """What stands between the comments."""
    if result is None:
        return NONE
    lines = ["| what | measured | target |", "| --- | ---: | ---: |"]
    for section in result.sections:
        lines += [_row(section.title, one) for one in section.figures if one.key]
    words = in_words(result.machine)
    return "\n".join([*lines, "", f"{result.at[:10]}, commit {result.commit}: {words}."])


def put(page: str, text: str) -> str:
    """`page` with `text` between the comments. Raises ValueError where they are not there."""
    if not _BLOCK.search(page):
        raise ValueError("the page has no <!-- bench:begin --> and <!-- bench:end -->")
    return _BLOCK.sub(lambda _: text, page)


def _row(title: str, figure: Figure) -> str:
    missed = " (missed)" if figure.met is False else ""
    return f"| {title}: {figure.what} | {figure.shown}{missed} | {figure.target_shown} |"


def main() -> int:
    """Rewrite the page."""
    README.write_text(put(README.read_text(), block(newest())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
