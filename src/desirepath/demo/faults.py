"""What goes wrong in the shop: a handful of causes, each in its own pages, browsers and days.

Every engine says the same thing in other words, and every build gives the scripts other names: it
is for the report of errors to see that it is one cause.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from desirepath.demo.devices import Device
from desirepath.demo.site import ORIGIN, Page

BLINK, GECKO, WEBKIT = "blink", "gecko", "webkit"
_BUILDS = ((4.0, "9c1e07d4"), (12.0, "5be8a2f1"), (float("inf"), "3f2a1c9e"))  # by age in days


@dataclass(frozen=True, slots=True)
class Fault:
    """One cause. `chance`: for each view of a page where it can happen."""

    chance: float
    name: str
    said: Mapping[str, str]  # engine → message; `{n}` varies from one time to the next
    script: str  # '' where the browser tells nothing but the message
    calls: tuple[tuple[str, int, int], ...] = ()  # function, line, column; the top first
    sections: tuple[str, ...] = ()  # empty: all pages
    browsers: tuple[str, ...] = ()  # empty: all that have a message
    days: tuple[float, float] = (0.0, float("inf"))  # of age: from, to
    numbers: tuple[int, int] = (2, 9)  # that `{n}` is one of

    def fits(self, page: Page, device: Device, age: float) -> bool:
        """Whether it can happen there. `age`: days before the end of the demo."""
        return (
            (not self.sections or page.section in self.sections)
            and (not self.browsers or device.browser in self.browsers)
            and engine_of(device) in self.said
            and self.days[0] <= age < self.days[1]
        )

    def properties(self, device: Device, age: float, dice: Random) -> dict[str, Any]:
        """What the tracker says of it."""
        engine = engine_of(device)
        message = self.said[engine].format(n=dice.randrange(*self.numbers))
        if not self.script:
            return {"message": message, "source": "", "line": 0, "col": 0, "stack": None}
        build = next(name for until, name in _BUILDS if age < until)
        source = f"{ORIGIN}/assets/{self.script}.{build}.js"
        _, line, col = self.calls[0]
        lines = [(function, f"{source}:{line}:{col}") for function, line, col in self.calls]
        if engine == BLINK:
            stack = "\n".join(
                [f"{self.name}: {message}", *(f"    at {name} ({place})" for name, place in lines)]
            )
            message = f"Uncaught {self.name}: {message}"
        else:
            stack = "\n".join(f"{name}@{place}" for name, place in lines)
        return {"message": message, "source": source, "line": line, "col": col, "stack": stack}


def engine_of(device: Device) -> str:
    """What shows the pages: on iOS it is one engine under every name."""
    if device.os == "iOS" or device.browser == "Safari":
        return WEBKIT
    return GECKO if device.browser == "Firefox" else BLINK


def _all(message: str) -> dict[str, str]:
    return dict.fromkeys((BLINK, GECKO, WEBKIT), message)


#: The button that does not answer: Safari, in the checkout, for the last six days.
DIALOG = Fault(
    0.8,
    "TypeError",
    {WEBKIT: "null is not an object (evaluating 'dialog.showModal')"},
    "checkout",
    (("confirmAddress", 212, 18), ("submitAddress", 188, 7), ("onContinue", 96, 11)),
    ("checkout",),
    days=(0.0, 6.0),
)

FAULTS = (
    Fault(
        0.011,
        "TypeError",
        {
            BLINK: "Cannot read properties of undefined (reading 'price')",
            GECKO: 'can\'t access property "price", variant is undefined',
            WEBKIT: "undefined is not an object (evaluating 'variant.price')",
        },
        "product",
        (("formatPrice", 42, 15), ("renderVariant", 118, 9), ("onColour", 131, 5)),
        ("tents", "packs"),
    ),
    Fault(
        0.3,
        "ChunkLoadError",
        _all("Loading chunk {n} failed."),
        "runtime",
        (("requireChunk", 7, 4021), ("loadSection", 12, 88)),
        days=(3.75, 4.0),
    ),
    Fault(
        0.07,
        "PaymentError",
        _all("The payment provider did not answer within {n} ms"),
        "checkout",
        (("awaitPayment", 301, 13), ("pay", 274, 5)),
        ("checkout",),
        numbers=(30_000, 30_400),
    ),
    Fault(
        0.007,
        "TypeError",
        {
            BLINK: "Failed to fetch",
            GECKO: "NetworkError when attempting to fetch resource.",
            WEBKIT: "Load failed",
        },
        "shop",
        (("fetchStock", 64, 22), ("refresh", 40, 9)),
    ),
    Fault(
        0.012,
        "",
        {BLINK: "ResizeObserver loop completed with undelivered notifications."},
        "",
        sections=("tents", "packs", "stoves"),
    ),
    Fault(
        0.5,
        "TypeError",
        {BLINK: "Object.groupBy is not a function"},
        "cart",
        (("groupLines", 33, 21), ("renderCart", 12, 3)),
        ("cart",),
        ("Samsung Internet",),
        days=(0.0, 15.0),
    ),
    Fault(0.0025, "", _all("Script error."), ""),
)


def faults_on(page: Page, device: Device, age: float, dice: Random) -> list[dict[str, Any]]:
    """What goes wrong in one view of `page`."""
    return [
        fault.properties(device, age, dice)
        for fault in FAULTS
        if fault.fits(page, device, age) and dice.random() < fault.chance
    ]
