import pytest

from desirepath.cli.importing import repeats as module
from desirepath.cli.importing.repeats import Mark, Repeats

START = Mark(0, 0)
LINES = [b"a", b"b", b"a", b"a", b"c", b"b", b"a", b"d", b"a", b"b"]


def counted(repeats: Repeats, first: int, last: int) -> list[int]:
    return [repeats.count(LINES[at], Mark(at + 1, at + 1))[1] for at in range(first, last)]


def test_equal_lines_are_numbered() -> None:
    assert counted(Repeats(START), 0, 10) == [0, 0, 1, 2, 0, 1, 3, 0, 4, 2]


def test_lines_far_before_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 2)
    repeats = Repeats(START)

    assert counted(repeats, 0, 10) == [0, 0, 1, 2, 0, 0, 0, 0, 1, 0]
    assert repeats.marks == [Mark(8, 8), Mark(10, 10)]


def test_going_on_gives_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 3)
    expected = counted(Repeats(START), 0, 10)
    for stop in range(1, 10):
        before = Repeats(START)
        counted(before, 0, stop)
        after = Repeats(before.marks[0])
        counted(after, before.marks[0].number, stop)

        assert counted(after, stop, 10) == expected[stop:]
