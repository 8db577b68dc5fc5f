import json
from time import thread_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desirepath.ingest import text as text_module
from desirepath.ingest.text import scrub_text


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        pytest.param("Red shoes | Shop", "Red shoes | Shop", id="nothing to do"),
        pytest.param("Welcome, ann@mail.example!", "Welcome, [email]!", id="e-mail"),
        pytest.param(
            "GET https://ann:pw@a.example/b?key=1&utm_source=x failed",
            "GET https://a.example/b?utm_source=x failed",
            id="an address inside loses what any address loses",
        ),
        pytest.param(
            "at f (https://a.example/app.js?v=7:10:15)",
            "at f (https://a.example/app.js:10:15)",
            id="a stack keeps its line and column",
        ),
        pytest.param(
            "f@http://localhost:3000/a.js:1:2", "f@http://localhost:3000/a.js:1:2", id="Firefox"
        ),
        pytest.param(
            "at https://a.example/main.3f8a1b2c4d5e6f708192a3b4c5d6e7f8.js:1:2",
            "at https://a.example/main.3f8a1b2c4d5e6f708192a3b4c5d6e7f8.js:1:2",
            id="the name that a build gave",
        ),
        pytest.param("email=ann%40mail.example", "email=[email]", id="encoded"),
        pytest.param("email=ann%2540mail.example", "email=[email]", id="encoded twice"),
        pytest.param("password=hunter2&x=1", "password=[token]&x=1", id="named as a secret"),
        pytest.param('{"password": "hunter2"}', '{"password": "[token]"}', id="in JSON"),
        pytest.param(
            '{\\"apiKey\\":\\"hunter2\\"}', '{\\"apiKey\\":\\"[token]\\"}', id="in JSON in JSON"
        ),
        pytest.param("Forgot your password: step 1", "Forgot your password: step 1", id="a word"),
        pytest.param(
            '{"pageUrl":"https:\\/\\/a.example\\/b?email=x\\u0026token=y","n":1',
            '{"pageUrl":"https://a.example/b","n":1',
            id="a cut body, escaped as PHP does",
        ),
    ],
)
def test_what_stays_of_a_text(text: str, clean: str) -> None:
    assert scrub_text(text) == clean


@settings(deadline=None)  # a busy machine is no fault
@given(st.text(max_size=200) | st.text("aA1@.:/\\?#&=% \"'[]{}u0026\ud800", max_size=200))
def test_no_text_is_an_error(text: str) -> None:
    clean = scrub_text(text)

    assert scrub_text(clean) == clean  # what is scrubbed stays as it is


@settings(deadline=None)  # a busy machine is no fault
@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=20),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=10,
    )
)
def test_a_body_stays_json(body: object) -> None:
    sent = {"url": "https://ann:pw@a.example/?q=1", "mail": "ann@mail.example", "body": body}

    clean = json.loads(scrub_text(json.dumps(sent)))

    assert (clean["url"], clean["mail"]) == ("https://a.example/", "[email]")


def test_a_hostile_client_cannot_fill_the_memory() -> None:
    before = text_module._remembered.cache_info().currsize

    for number in range(100):
        scrub_text(f"{number} " + "é" * text_module.LONGEST)

    assert text_module._remembered.cache_info().currsize == before


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "a",
            "a@",
            "a.",
            "%40",
            "a%40",
            "://",
            "a://",
            "http://a ",
            ":1",
            ":1)",
            "token=",
            '"',
            "=",
        ),
        *(
            '"token":"',
            "\\/",
            "\\u0026",
            "https:\\/\\/a?b\\u0026",
            "aB3-",
            "4111-",
            "+1 ",
            "Bearer",
        ),
    ],
)
def test_time_is_linear_in_length(unit: str) -> None:
    def seconds(length: int) -> float:
        hostile = "@ = %40 :// " + unit * (length // len(unit)) + "!"
        best = 9.0
        for _ in range(3):
            start = thread_time()
            text_module._scrub(hostile)
            best = min(best, thread_time() - start)
        return best

    # Quadratic would be 64 times as long.
    assert seconds(65_536) <= 20 * max(seconds(8192), 0.000_5)
