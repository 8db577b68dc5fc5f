from desirepath.ingest import recognise
from desirepath.ingest.base import Place
from desirepath.ingest.place import place
from tests.ingest.hits import event, hit


def test_the_answer_of_the_database_is_written_down() -> None:
    asked = hit(locate={"203.0.113.7": Place("GB", "GB-ENG", "London")}.__getitem__)
    recognise(asked)
    sent = event()

    assert place(sent, asked) is None

    assert sent == event(country="GB", region="GB-ENG", city="London")


def test_no_database_no_place() -> None:
    asked, sent = hit(), event()
    recognise(asked)

    place(sent, asked)

    assert sent == event()
