import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desirepath.formats.stack import DEPTH, Frame, frames, top_frame
from tests.shared_data import shared

FILE = "http://path/to/file.js"
LOCAL = "http://localhost:8080/file.js"
MISC = "http://localhost:5000/misc/@stuff/foo.js"
LAB = "http://localhost:8000/ExceptionLab.html"


def captured(name: str) -> str:
    found: dict[str, Any] = json.loads(
        shared("js_error_stacks/captured_errors.json").read_text(encoding="utf-8")
    )[name]
    text = found.get("stack") or found.get("stacktrace") or found["message"].partition("\nB")[2]
    assert isinstance(text, str)
    return text


@pytest.mark.parametrize(
    ("browser", "expected"),
    [
        (
            "OPERA_854",
            [Frame("", FILE, n) for n in (44, 31, 18, 4, 7, 11, 15)],
        ),
        ("OPERA_927", [Frame("", FILE, n) for n in (43, 31, 18)]),
        (
            "OPERA_10",
            [
                Frame("", FILE, 42),
                Frame("", FILE, 27),
                Frame("printStackTrace", FILE, 18),
                Frame("bar", FILE, 4),
                Frame("bar", FILE, 7),
                Frame("foo", FILE, 11),
                Frame("", FILE, 15),
            ],
        ),
        (
            "OPERA_11",
            [
                Frame("run", FILE, 27),
                Frame("bar", "http://domain.com:1234/path/to/file.js", 18),
                Frame("foo", "http://domain.com:1234/path/to/file.js", 11),
                Frame("", FILE, 15),
            ],
        ),
        ("OPERA_12", [Frame("", LAB, 48), Frame("dumpException3", LAB, 46), Frame("", LAB, 1)]),
        (
            "OPERA_25",
            [Frame("", FILE, 47, 22), Frame("foo", FILE, 52, 15), Frame("bar", FILE, 108, 168)],
        ),
        (
            "CHROME_15",
            [
                Frame("bar", FILE, 13, 17),
                Frame("bar", FILE, 16, 5),
                Frame("foo", FILE, 20, 5),
                Frame("", FILE, 24, 4),
            ],
        ),
        (
            "CHROME_46",
            [Frame("CustomError", LOCAL, 41, 27), Frame("onclick", LOCAL, 107, 146)],
        ),
        (
            "CHROME_48_NESTED_EVAL",
            [
                Frame("baz", LOCAL, 21, 17),
                Frame("foo", LOCAL, 21, 17),
                Frame("eval", LOCAL, 21, 17),
                Frame("speak", LOCAL, 21, 17),
                Frame("", LOCAL, 31, 13),
            ],
        ),
        (
            "FIREFOX_3",
            [
                Frame("", "http://127.0.0.1:8000/js/stacktrace.js", 44),
                Frame("", "http://127.0.0.1:8000/js/stacktrace.js", 31),
                Frame("printStackTrace", "http://127.0.0.1:8000/js/stacktrace.js", 18),
                Frame("bar", "http://127.0.0.1:8000/js/file.js", 13),
                Frame("bar", "http://127.0.0.1:8000/js/file.js", 16),
                Frame("foo", "http://127.0.0.1:8000/js/file.js", 20),
                Frame("", "http://127.0.0.1:8000/js/file.js", 24),
            ],
        ),
        ("FIREFOX_31", [Frame("foo", FILE, 41, 13), Frame("bar", FILE, 1, 1)]),
        (
            "FIREFOX_43_NESTED_EVAL",
            [
                Frame("baz", LOCAL, 26),
                Frame("foo", LOCAL, 26),
                Frame("", LOCAL, 26),
                Frame("speak", LOCAL, 26, 17),
                Frame("", LOCAL, 33, 9),
            ],
        ),
        (
            "FIREFOX_43_FUNCTION_NAME_WITH_AT_SIGN",
            [Frame('obj["@fn"]', "Scratchpad/1", 10, 29), Frame("", "Scratchpad/1", 11, 1)],
        ),
        (
            "FIREFOX_60_URL_AND_FUNCTION_NAME_WITH_AT_SIGN",
            [
                Frame('obj["@who"]', MISC, 4, 9),
                Frame("what", MISC, 8, 3),
                Frame("where", MISC, 11, 3),
                Frame("why", MISC, 14, 3),
                Frame("", MISC, 17, 1),
            ],
        ),
        (
            "SAFARI_6",
            [Frame("", FILE, 48), Frame("dumpException3", FILE, 52), Frame("onclick", FILE, 82)],
        ),
        (
            "SAFARI_8",
            [Frame("", FILE, 47, 22), Frame("foo", FILE, 52, 15), Frame("bar", FILE, 108, 23)],
        ),
        (
            "SAFARI_9_NESTED_EVAL",
            [
                Frame("baz", ""),
                Frame("foo", ""),
                Frame("", ""),
                Frame("speak", LOCAL, 26, 21),
                Frame("", LOCAL, 33, 18),
            ],
        ),
        (
            "IE_11",
            [Frame("", FILE, 47, 21), Frame("foo", FILE, 45, 13), Frame("bar", FILE, 108, 1)],
        ),
        (
            "EDGE_20_NESTED_EVAL",
            [
                Frame("baz", "", 1, 18),
                Frame("foo", "", 2, 90),
                Frame("", "", 4, 18),
                Frame("speak", LOCAL, 25, 17),
                Frame("", LOCAL, 32, 9),
            ],
        ),
        (
            "NODE_WITH_SPACES",
            [
                Frame("", "/var/app/scratch/my project/index.js", 2, 9),
                Frame("", "/var/app/scratch/my project/index.js", 2, 9),
                Frame("_compile", "internal/modules/cjs/loader.js", 774, 30),
                Frame("js", "internal/modules/cjs/loader.js", 785, 10),
                Frame("load", "internal/modules/cjs/loader.js", 641, 32),
                Frame("_load", "internal/modules/cjs/loader.js", 556, 12),
                Frame("runMain", "internal/modules/cjs/loader.js", 837, 10),
                Frame("", "internal/main/run_main_module.js", 17, 11),
            ],
        ),
    ],
)
def test_the_frames_of(browser: str, expected: list[Frame]) -> None:
    assert list(frames(captured(browser))) == expected


def test_old_operas_call_list() -> None:
    stack = (
        "Error thrown at line 42, column 12 in <anonymous function: make>() in http://a/f.js:\n"
        "    this.undef();\n"
        "called from line 27, column 8 in run(ex) in http://a/f.js:\n"
        "    ex = ex || make();\n"
        "called from line 15, column 3 in http://a/f.js:\n"
        "    foo();"
    )

    assert list(frames(stack)) == [
        Frame("make", "http://a/f.js", 42, 12),
        Frame("run", "http://a/f.js", 27, 8),
        Frame("", "http://a/f.js", 15, 3),
    ]


def test_the_browsers_own_frames_are_left_out() -> None:
    stack = (
        "Error\n    at Array.map (<anonymous>)\n    at async Cart.add [as put] (https://a/c.js:1:2)"
    )

    assert top_frame(stack) == Frame("add", "https://a/c.js", 1, 2)


def test_a_function_without_a_name_in_firefox() -> None:
    assert top_frame("add/</<@https://a/c.js:1:2\n") == Frame("", "https://a/c.js", 1, 2)


@pytest.mark.parametrize("text", ["", "\n\n", "it broke", "TypeError: x is null"])
def test_what_is_no_stack_has_no_frame(text: str) -> None:
    assert top_frame(text) is None


def test_a_deep_stack_is_read_to_a_limit() -> None:
    assert len(list(frames("    at f (a.js:1:1)\n" * 10_000))) == DEPTH


@given(st.text(alphabet=st.sampled_from('at @():"<>/.1\nLine f') | st.characters()))
def test_no_text_is_too_odd(text: str) -> None:
    for frame in frames(text):
        assert frame.line is None or frame.line >= 0
