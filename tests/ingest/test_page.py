from desirepath.ingest.page import page
from desirepath.ingest.referrer import referrer
from desirepath.ingest.texts import texts
from tests.ingest.hits import event, hit


def test_a_page_and_its_campaign() -> None:
    sent = event(
        page_url="https://Shop.example/shoes?utm_source=mail&utm_campaign=may&color=red&gclid=abc#top"
    )

    assert page(sent, hit(project_query_allowlist=("color",))) is None

    assert sent == event(
        page_url="https://shop.example/shoes?utm_source=mail&utm_campaign=may&color=red",
        host="shop.example",
        path="/shoes",
        utm_source="mail",
        utm_campaign="may",
        extra={"click_id": "gclid"},
    )


def test_a_path_that_a_format_knew() -> None:
    sent = event(path="/u/ann@mail.example", host="shop.example")

    page(sent, hit())

    assert sent == event(path="/u/[email]", host="shop.example")


def test_a_page_without_a_host_leaves_the_one_that_a_format_knew() -> None:
    sent = event(page_url="/shoes?x=1", host="shop.example")

    page(sent, hit())

    assert sent == event(page_url="/shoes", path="/shoes", host="shop.example")


def test_click_ids_do_not_run_from_one_event_into_the_next() -> None:
    first, second = event(page_url="https://a.example/?gclid=1"), event()

    page(first, hit())
    page(second, hit())

    assert (first.extra, second.extra) == ({"click_id": "gclid"}, {})


def test_a_referrer_sets_no_campaign() -> None:
    sent = event(referrer="https://www.Search.example/find?q=ann&utm_source=x")

    assert referrer(sent, hit()) is None

    assert sent == event(
        referrer="https://www.search.example/find?utm_source=x", referrer_host="www.search.example"
    )


def test_texts() -> None:
    said = "ann@mail.example"
    sent = event(
        title=said,
        element_text=said,
        element_value=said,
        element_href=f"mailto:{said}",
        query=said,
        error_message=said,
        error_source=f"https://a.example/a.js?who={said}",
        error_stack=f"Error: {said}\n    at f (https://a.example/a.js?who={said}:1:2)",
    )

    assert texts(sent, hit()) is None

    assert sent == event(
        title="[email]",
        element_text="[email]",
        element_value="[email]",
        element_href="mailto:[email]",
        query="[email]",
        error_message="[email]",
        error_source="https://a.example/a.js",
        error_stack="Error: [email]\n    at f (https://a.example/a.js:1:2)",
    )
