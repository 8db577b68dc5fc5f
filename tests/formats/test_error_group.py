import json
from collections import defaultdict
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desirepath.formats.error_group import error_group
from tests.shared_data import shared


def group(message: str, stack: str = "", name: str = "", source: str = "") -> str:
    return error_group(name, message, stack, source, 1, 2)


def test_one_group_per_cause_across_browsers() -> None:
    captured = json.loads(
        shared("js_error_stacks/captured_errors.json").read_text(encoding="utf-8")
    )
    together = defaultdict(set)
    for browser, error in captured.items():
        stack = error.get("stack") or error.get("stacktrace") or ""
        found = group(error.get("message", ""), stack, error.get("name", ""))
        assert len(found) == 16
        assert int(found, 16) >= 0
        together[found].add(browser)

    assert {frozenset(browsers) for browsers in together.values() if len(browsers) > 1} == {
        # x.undef() where x is null, in an unnamed function called by foo
        frozenset({"OPERA_25", "SAFARI_7", "SAFARI_8", "IE_10", "IE_11"}),
        # new Error('message string') in eval in eval
        frozenset(
            {
                "CHROME_48_NESTED_EVAL",
                "FIREFOX_43_NESTED_EVAL",
                "SAFARI_9_NESTED_EVAL",
                "EDGE_20_NESTED_EVAL",
            }
        ),
        frozenset({"OPERA_854", "OPERA_902", "OPERA_927"}),
        frozenset({"OPERA_964", "OPERA_10"}),
    }


@pytest.mark.parametrize(
    "messages",
    [
        pytest.param(
            [
                "Uncaught TypeError: Cannot read properties of undefined (reading 'price')",
                "Cannot read properties of null (reading 'price')",
                "Cannot read property 'price' of undefined",
                'can\'t access property "price", item is undefined',
                "undefined is not an object (evaluating 'item.price')",
                "Unable to get property 'price' of undefined or null reference",
            ],
            id="nothing where an object should be",
        ),
        pytest.param(
            [
                "cart.add is not a function",
                "Uncaught TypeError: cart.add is not a function",
                "Object doesn't support property or method 'add'",
                "undefined is not a function (evaluating 'cart.add(item)')",
                "cart.add is not a function. (In 'cart.add(item)', 'cart.add' is undefined)",
            ],
            id="no such function",
        ),
        pytest.param(
            ["basket is not defined", "Can't find variable: basket", "'basket' is undefined"],
            id="no such variable",
        ),
        pytest.param(
            ["Maximum call stack size exceeded", "too much recursion", "Out of stack space"],
            id="endless recursion",
        ),
        pytest.param(
            ["Failed to fetch", "NetworkError when attempting to fetch resource.", "Load failed"],
            id="no answer",
        ),
        pytest.param(
            [
                "Unexpected token < in JSON at position 0",
                "Unexpected token '<', \"<!doctype \"... is not valid JSON",
                "JSON.parse: unexpected character at line 1 column 1 of the JSON data",
                'JSON Parse error: Unrecognized token "<"',
            ],
            id="no JSON",
        ),
        pytest.param(
            ["Loading chunk 12 failed.", "Loading chunk 7 failed."], id="numbers do not count"
        ),
        pytest.param(
            ["no user 3f2a1c9d0b", "no user 77aa00bb11cc", f"no user {UUID(int=2**127 + 5)}"],
            id="ids do not count",
        ),
        pytest.param(
            ["GET https://a.example/cart?id=1&x=2 broke", "GET https://a.example/cart?id=2 broke"],
            id="queries do not count",
        ),
        pytest.param(["it  broke\n", " it broke"], id="spaces do not count"),
    ],
)
def test_one_message(messages: list[str]) -> None:
    stack = "    at add (https://a.example/app.js:1:2)"

    assert len({group(message, stack) for message in messages}) == 1


@pytest.mark.parametrize(
    "files",
    [
        ["https://a.example/js/app.js", "http://localhost:3000/js/app.js?v=2"],
        ["/app.3f2a1c.js", "/app.77b0de.js", "/app.js"],
        ["/main-3f2a1cdeadbeef01.js", "/main.js"],
        ["/assets/index-BQx3k9Zt.js", "/assets/index-DiwrgTda.js", "/assets/index.js"],
        ["/static/js/12.3f2a1c9d.chunk.js", "/static/js/7.aa00bb11.chunk.js"],
        ["/v1.2.3/app.js", "/v1.10.0/app.js"],
    ],
)
def test_one_file(files: list[str]) -> None:
    assert len({group("it broke", f"    at add ({file}:1:2)") for file in files}) == 1
    assert len({group("it broke", source=file) for file in files}) == 1


@pytest.mark.parametrize(
    "causes",
    [
        pytest.param([("a is not defined", "add"), ("b is not defined", "add")], id="variable"),
        pytest.param([("it broke", "add"), ("it broke", "remove")], id="function"),
        pytest.param([("it broke", "add"), ("it hangs", "add")], id="message"),
    ],
)
def test_two_causes(causes: list[tuple[str, str]]) -> None:
    found = {group(message, f"    at {name} (/app.js:1:2)") for message, name in causes}

    assert len(found) == len(causes)


def test_names_of_a_minifier_are_no_names() -> None:
    def of(mangled: str) -> str:
        return group("it broke", f"    at {mangled} (/app.js:1:2)\n    at checkout (/app.js:1:9)")

    assert of("t") == of("e.Qx")


def test_the_name_of_the_error_counts_where_its_words_do_not_say_it() -> None:
    assert group("it broke", name="Error") == group("it broke")
    assert group("it broke", name="RangeError") == group("Uncaught RangeError: it broke")
    assert group("it broke", name="RangeError") != group("it broke")


@given(st.text(), st.text(), st.text(), st.text())
def test_any_text_has_a_group(name: str, message: str, stack: str, source: str) -> None:
    assert len(error_group(name, message, stack, source, None, None)) == 16


def test_half_a_character_has_a_group() -> None:
    assert len(group("\ud800", "at \udc00 (\ud800:1:1)")) == 16
