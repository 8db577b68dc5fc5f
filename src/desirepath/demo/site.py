"""The shop: its pages, what can be clicked on them, and where that leads.

Positions are those of a wide window, in CSS pixels of the page; `tracker` lays them out for a
narrow one. Weights say how often something is chosen, beside the others of its page.
"""

from dataclasses import dataclass, field

ORIGIN = "https://www.larkandpine.example"
WIDTH = 1200  # of the column that the pages are laid out in


@dataclass(frozen=True, slots=True)
class Element:
    """Something that can be clicked. `to`: the path it leads to; '' where it acts in the page."""

    text: str
    x: int
    y: int
    w: int
    h: int
    weight: float
    to: str = ""
    id: str = ""
    tag: str = "A"
    action: str = ""
    again: float = 0.0  # the chance that it is clicked once more

    @property
    def key(self) -> str:
        """By which a heatmap knows it again."""
        kind = {"A": "link", "BUTTON": "button"}.get(self.tag, self.tag.lower())
        return f"#{self.id}" if self.id else f"{kind}:{self.text}"


@dataclass(frozen=True, slots=True)
class Page:
    """`load_ms`: median on a desktop next door. `dwell`: median seconds. `leave`: how often the
    visit ends here."""

    path: str
    title: str
    section: str
    load_ms: float
    dwell: float
    leave: float
    height: int
    elements: tuple[Element, ...] = field(default=())


PRODUCTS = {
    "tents": (
        ("fell-2", "Fell 2 tent", 389),
        ("fell-3", "Fell 3 tent", 449),
        ("tarn-solo", "Tarn Solo tent", 299),
        ("lee-tarp", "Lee tarp", 129),
    ),
    "packs": (
        ("ridge-45", "Ridge 45 pack", 179),
        ("ridge-60", "Ridge 60 pack", 209),
        ("day-18", "Day 18 pack", 79),
    ),
    "stoves": (
        ("ember", "Ember gas stove", 64),
        ("ember-kit", "Ember cook set", 109),
        ("kettle", "Camp kettle", 34),
    ),
}
_POPULAR = (5.0, 3.0, 1.8, 1.0)

GUIDES = (
    ("choose-a-tent", "How to choose a tent", 6.0),
    ("pitch-in-wind", "Pitching in wind", 4.0),
    ("pack-for-three-days", "Packing for three days", 3.0),
    ("care-for-down", "Caring for down", 1.5),
    ("stove-safety", "Stove safety", 1.0),
)

#: What people look for, how often, how many results there are, and where the best one leads.
SEARCHES = (
    ("tent", 9.0, 14, "/tents/fell-2"),
    ("2 person tent", 5.0, 6, "/tents/fell-2"),
    ("ultralight", 4.0, 8, "/tents/tarn-solo"),
    ("gas stove", 4.0, 4, "/stoves/ember"),
    ("backpack 60l", 3.0, 3, "/packs/ridge-60"),
    ("tarp", 2.0, 2, "/tents/lee-tarp"),
    ("kettle", 1.5, 1, "/stoves/kettle"),
    ("return policy", 1.5, 1, "/help/returns"),
    ("rucksak", 1.2, 0, ""),
    ("sleeping bag", 2.5, 0, ""),
    ("gift card", 0.8, 0, ""),
)

_HEADER = (
    Element("Lark & Pine", 0, 24, 160, 36, 0.6, "/"),
    Element("Tents", 220, 28, 60, 28, 2.4, "/tents"),
    Element("Packs", 300, 28, 60, 28, 1.6, "/packs"),
    Element("Stoves", 380, 28, 64, 28, 1.2, "/stoves"),
    Element("Guides", 470, 28, 64, 28, 1.0, "/guides"),
    Element("Search", 840, 24, 220, 36, 1.8, "/search", id="search", tag="INPUT"),
    Element("Cart", 1120, 24, 60, 36, 0.7, "/cart", id="cart-link"),
)


def _grid(section: str) -> tuple[Element, ...]:
    cards = tuple(
        Element(name, 20 + at % 3 * 400, 360 + at // 3 * 460, 360, 420, 9 * _POPULAR[at],
                f"/{section}/{slug}")
        for at, (slug, name, _) in enumerate(PRODUCTS[section])
    )  # fmt: skip
    filters = Element("Weight", 20, 280, 120, 40, 2.2, tag="BUTTON", id="filter-weight")
    sorting = Element("Sort by price", 1000, 280, 180, 40, 1.8, tag="BUTTON", id="sort", again=0.3)
    return (*_HEADER, *cards, filters, sorting)


def _product(section: str, slug: str) -> tuple[Element, ...]:
    others = [(name, f"/{section}/{s}") for s, name, _ in PRODUCTS[section] if s != slug][:2]
    return (
        *_HEADER,
        Element("Next photo", 540, 420, 48, 48, 7.0, tag="BUTTON", id="photo-next", again=0.62),
        Element("Photo", 20, 180, 560, 520, 2.0, tag="IMG", id="zoom"),
        Element("Colour", 660, 380, 200, 44, 3.0, tag="BUTTON", id="colour", again=0.3),
        Element("+", 780, 460, 44, 44, 1.2, tag="BUTTON", id="quantity-more", again=0.55),
        Element("Add to cart", 660, 540, 300, 56, 7.0, tag="BUTTON", id="add-to-cart",
                action="add"),
        Element("Size and weight", 660, 640, 480, 48, 3.5, tag="BUTTON", id="specs"),
        Element("Reviews", 660, 700, 480, 48, 3.0, tag="BUTTON", id="reviews"),
        *(
            Element(name, 20 + at * 400, 1120, 360, 380, 2.5 - at, to)
            for at, (name, to) in enumerate(others)
        ),
    )  # fmt: skip


def _pages() -> list[Page]:
    pages = [
        Page("/", "Lark & Pine: tents, packs and stoves", "home", 1450, 14, 0.30, 3100, (
            *_HEADER,
            Element("See the tents", 60, 420, 220, 60, 9.0, "/tents", id="hero"),
            Element("Next story", 1100, 420, 48, 48, 6.0, tag="BUTTON", id="story-next",
                    again=0.4),
            Element("Fell 2 tent", 20, 880, 360, 420, 5.0, "/tents/fell-2"),
            Element("Ridge 45 pack", 420, 880, 360, 420, 3.5, "/packs/ridge-45"),
            Element("Ember gas stove", 820, 880, 360, 420, 3.0, "/stoves/ember"),
            Element("How to choose a tent", 20, 1500, 560, 320, 3.0, "/guides/choose-a-tent"),
            Element("Stay in touch", 820, 2840, 200, 48, 0.5, tag="BUTTON", id="newsletter",
                    action="subscribe"),
            Element("Returns", 20, 2960, 80, 24, 0.4, "/help/returns"),
        )),
        Page("/search", "Search", "search", 760, 9, 0.28, 1900, _HEADER),
        Page("/guides", "Guides", "guides", 900, 12, 0.34, 1700, (
            *_HEADER,
            *(
                Element(title, 20, 260 + at * 220, 900, 180, 2 * weight, f"/guides/{slug}")
                for at, (slug, title, weight) in enumerate(GUIDES)
            ),
        )),
        Page("/cart", "Your cart", "cart", 820, 16, 0.42, 1300, (
            *_HEADER,
            Element("Check out", 860, 520, 300, 56, 16.0, "/checkout/address", "checkout",
                    action="start"),
            Element("Remove", 700, 300, 80, 32, 2.0, tag="BUTTON", id="remove"),
            Element("Have a code?", 860, 440, 300, 40, 2.6, tag="BUTTON", id="coupon", again=0.25),
        )),
        Page("/checkout/address", "Address", "checkout", 700, 38, 0.22, 1400, (
            Element("Continue", 660, 900, 240, 56, 20.0, "/checkout/payment", "continue",
                    "BUTTON", "continue"),
            Element("Back to cart", 20, 900, 160, 40, 2.0, "/cart"),
            Element("Another billing address", 20, 760, 300, 32, 3.0, tag="INPUT", id="billing"),
        )),
        Page("/checkout/payment", "Payment", "checkout", 980, 31, 0.20, 1300, (
            Element("Pay now", 660, 820, 240, 56, 20.0, "/checkout/done", "pay", "BUTTON",
                    "complete"),
            Element("Card", 20, 320, 200, 56, 4.0, tag="INPUT", id="card"),
            Element("Change address", 20, 820, 160, 40, 1.5, "/checkout/address"),
        )),
        Page("/checkout/done", "Thank you", "checkout", 640, 11, 0.82, 1000, (
            *_HEADER,
            Element("Track the parcel", 420, 420, 240, 48, 3.0, tag="BUTTON", id="track"),
        )),
        Page("/help/returns", "Returns", "help", 620, 34, 0.48, 1500, (
            *_HEADER,
            Element("Start a return", 20, 620, 220, 48, 3.0, tag="BUTTON", id="return"),
        )),
    ]  # fmt: skip
    for section, products in PRODUCTS.items():
        title = section.capitalize()
        pages.append(Page(f"/{section}", title, section, 1250, 17, 0.22, 1800, _grid(section)))
        for at, (slug, name, _) in enumerate(products):
            path = f"/{section}/{slug}"
            pages.append(
                Page(path, name, section, 1350 + 160 * at, 32, 0.30, 2400, _product(section, slug))
            )
    for slug, title, _ in GUIDES:
        elements = (
            *_HEADER,
            Element("Contents", 20, 240, 240, 44, 4.0, tag="BUTTON", id="contents"),
            Element("Fell 2 tent", 820, 600, 360, 420, 2.0, "/tents/fell-2"),
            Element("Guides", 20, 3000, 120, 32, 2.0, "/guides", id="all-guides"),
        )
        pages.append(Page(f"/guides/{slug}", title, "guides", 880, 74, 0.52, 3200, elements))
    return pages


PAGES = {page.path: page for page in _pages()}
PRICES = {
    f"/{section}/{slug}": price
    for section, products in PRODUCTS.items()
    for slug, _, price in products
}
