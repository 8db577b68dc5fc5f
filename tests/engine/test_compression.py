"""Content-Encoding both ways."""

import gzip
import zlib
from collections.abc import Callable
from itertools import pairwise

import lz4.frame  # type: ignore[import-untyped]
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from desirepath.engine.compression import ANSWERS, choose, compressor, inflate
from desirepath.engine.refusal import Refusal

unpack: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
    "lz4": lz4.frame.decompress,
    "zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
}
encodings = st.sampled_from(ANSWERS)


@given(encoding=encodings, pieces=st.lists(st.binary(max_size=3000), max_size=6))
def test_what_is_packed_can_be_unpacked(encoding: str, pieces: list[bytes]) -> None:
    packer = compressor(encoding)
    packed = b"".join(packer.compress(piece) for piece in pieces) + packer.flush()

    assert unpack[encoding](packed) == b"".join(pieces)
    assert b"".join(inflate(encoding, [packed])) == b"".join(pieces)


@given(encoding=encodings, data=st.binary(max_size=5000), cuts=st.lists(st.integers(0, 5000)))
def test_pieces_may_be_cut_anywhere(encoding: str, data: bytes, cuts: list[int]) -> None:
    packer = compressor(encoding)
    packed = packer.compress(data) + packer.flush()
    places = [0, *sorted(min(cut, len(packed)) for cut in cuts), len(packed)]
    pieces = [packed[a:b] for a, b in pairwise(places)]

    assert b"".join(inflate(encoding, pieces)) == data


@given(encoding=encodings, data=st.binary(min_size=1, max_size=500), cut=st.integers(1, 1000))
def test_every_cut_is_noticed(encoding: str, data: bytes, cut: int) -> None:
    packer = compressor(encoding)
    packed = packer.compress(data) + packer.flush()
    cut = 1 + cut % (len(packed) - 1)

    with pytest.raises(Refusal) as caught:
        list(inflate(encoding, [packed[:cut]]))

    assert caught.value.code == 271


@pytest.mark.parametrize("encoding", ANSWERS)
def test_a_bomb_goes_off_slowly(encoding: str) -> None:
    packer = compressor(encoding)
    packed = packer.compress(bytes(256 << 20)) + packer.flush()

    largest = max(map(len, inflate(encoding, [packed])))

    assert largest <= 33 << 20


@pytest.mark.parametrize(
    ("accepts", "chosen"),
    [
        ("", ""),
        ("identity", ""),
        ("br", ""),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("lz4,zstd,br,gzip,deflate", "lz4"),
        ("gzip;q=0, deflate", "deflate"),
        ("GZIP ; q=0.5", "gzip"),
        ("zstd; q=0.0, gzip", "gzip"),
        ("*", ""),
    ],
)
def test_the_cheapest_of_what_is_accepted(accepts: str, chosen: str) -> None:
    assert choose(accepts) == chosen
