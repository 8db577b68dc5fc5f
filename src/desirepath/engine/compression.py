"""Content-Encoding both ways: gzip, deflate, lz4, zstd. Libraries are loaded when first needed.

A compressed body must be whole: a stream that ends early, or goes on with something else, is
refused (CANNOT_DECOMPRESS), and nothing of it is inserted.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from desirepath.engine.refusal import Refusal

#: In our order of preference: on a loopback port the cheapest is the best.
ANSWERS = ("lz4", "zstd", "gzip", "deflate")

_GZIP_OR_ZLIB = 47
_STEP = 1 << 20


class Compressor(Protocol):
    """Compresses a stream."""

    def compress(self, data: bytes) -> bytes: ...
    def flush(self) -> bytes: ...


def inflate(encoding: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """`pieces` without their Content-Encoding, a megabyte or so at a time."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        yield from pieces
    elif encoding in ("gzip", "x-gzip", "deflate"):
        yield from _frames(pieces, lambda: zlib.decompressobj(_GZIP_OR_ZLIB), _with_zlib)
    elif encoding == "lz4":
        import lz4.frame  # type: ignore[import-untyped]

        yield from _frames(pieces, lz4.frame.LZ4FrameDecompressor, _with_lz4)
    elif encoding == "zstd":
        import zstandard

        make = zstandard.ZstdDecompressor().decompressobj
        yield from _frames(_cut(pieces), make, _with_zstd)
    else:
        raise Refusal(48, f"Content-Encoding {encoding[:40]!r} is not supported")


def _frames(
    pieces: Iterable[bytes],
    make: Callable[[], Any],
    step: Callable[[Any, bytes], Iterator[bytes]],
) -> Iterator[bytes]:
    """One frame after another, each whole; at least one where there is any data."""
    frame: Any = None
    for piece in pieces:
        while piece:
            if frame is None:
                frame = make()
            try:
                yield from step(frame, piece)
            except Exception as exc:
                raise Refusal(271, f"Cannot decompress the body: {exc}") from exc
            piece = b""
            if frame.eof:
                piece, frame = frame.unused_data or b"", None
    if frame is not None:
        raise Refusal(271, "Cannot decompress the body: it ends in the middle of a frame")


def _with_zlib(frame: Any, piece: bytes) -> Iterator[bytes]:
    while piece:
        yield frame.decompress(piece, _STEP)
        piece = frame.unconsumed_tail


def _with_lz4(frame: Any, piece: bytes) -> Iterator[bytes]:
    yield frame.decompress(piece, _STEP)
    while not frame.eof and not frame.needs_input:
        yield frame.decompress(b"", _STEP)


def _with_zstd(frame: Any, piece: bytes) -> Iterator[bytes]:
    yield frame.decompress(piece)


def _cut(pieces: Iterable[bytes]) -> Iterator[bytes]:
    # zstandard has no limit on what one call gives: 4 bytes can stand for 128 KiB.
    for piece in pieces:
        for start in range(0, len(piece), 1 << 10):
            yield piece[start : start + (1 << 10)]


def choose(accept_encoding: str) -> str:
    """The encoding to answer in; '' for none."""
    wanted = {}
    for part in accept_encoding.lower().split(","):
        name, _, parameters = part.partition(";")
        wanted[name.strip()] = parameters.replace(" ", "") not in ("q=0", "q=0.0")
    return next((name for name in ANSWERS if wanted.get(name)), "")


def compressor(encoding: str) -> Compressor:
    """A new compressor for one of ANSWERS."""
    if encoding == "lz4":
        return _Lz4()
    if encoding == "zstd":
        import zstandard

        return zstandard.ZstdCompressor(level=1).compressobj()
    return zlib.compressobj(1, zlib.DEFLATED, 31 if encoding == "gzip" else 15)


class _Lz4:
    def __init__(self) -> None:
        import lz4.frame

        self._frame: Any = lz4.frame.LZ4FrameCompressor()
        self._begun = False

    def compress(self, data: bytes) -> bytes:
        begin: bytes = b"" if self._begun else self._frame.begin()
        self._begun = True
        compressed: bytes = self._frame.compress(data)
        return begin + compressed

    def flush(self) -> bytes:
        begin: bytes = b"" if self._begun else self._frame.begin()
        ended: bytes = self._frame.flush()
        return begin + ended
