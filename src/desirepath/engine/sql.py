"""Text as parts of SQL."""


def quoted(text: str) -> str:
    """`text` as a string."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def named(text: str) -> str:
    """`text` as a name."""
    return "`" + text.replace("\\", "\\\\").replace("`", "\\`") + "`"


def insert_from(path: str, head: bytes, form: str, settings: bytes = b"") -> bytes:
    """An INSERT, given as far as its columns, that reads its data from the file at `path`."""
    ending = f" FROM INFILE {quoted(path)} COMPRESSION 'none'".encode()
    return b"%b%b%b FORMAT %b" % (head, ending, settings, form.encode())


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
