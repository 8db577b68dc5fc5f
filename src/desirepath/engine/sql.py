"""Text as parts of SQL."""


def quoted(text: str) -> str:
    """`text` as a string."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def named(text: str) -> str:
    """`text` as a name."""
    return "`" + text.replace("\\", "\\\\").replace("`", "\\`") + "`"


def escaped(text: str) -> str:
    """`text` as a bound value: ClickHouse reads those in the form of TSV."""
    for mark, escape in (
        ("\\", "\\\\"),
        ("\t", "\\t"),
        ("\n", "\\n"),
        ("\r", "\\r"),
        ("\0", "\\0"),
    ):
        text = text.replace(mark, escape)
    return text
