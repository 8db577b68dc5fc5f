"""Browsers: how they name themselves, what the tracker says of them, how large the window is."""

from dataclasses import dataclass
from random import Random

_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0"
_SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1"
_IPHONE = "iPhone; CPU iPhone OS 18_7 like Mac OS X"


@dataclass(frozen=True, slots=True)
class Device:
    """`slowness` multiplies load and response times. `brands`: Sec-CH-UA, '' where not sent."""

    weight: float
    user_agent: str
    kind: str  # desktop or mobile, as the specification has it
    os: str
    browser: str
    window: tuple[int, int]  # CSS pixels
    slowness: float
    brands: str = ""
    platform: str = ""

    @property
    def narrow(self) -> bool:
        """Laid out in one column."""
        return self.window[0] < 800


def _brands(name: str) -> str:
    return f'"Chromium";v="142", "{name}";v="142", "Not_A Brand";v="99"'


_GOOGLE, _EDGE = _brands("Google Chrome"), _brands("Microsoft Edge")

DEVICES = (
    Device(24, f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36",
           "desktop", "Windows", "Chrome", (1536, 730), 1.1, _GOOGLE, '"Windows"'),
    Device(8, f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36 Edg/142.0.0.0",
           "desktop", "Windows", "Edge", (1920, 960), 1.0, _EDGE, '"Windows"'),
    Device(4, "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
           "desktop", "Windows", "Firefox", (1920, 950), 1.05),
    Device(8, f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_CHROME} Safari/537.36",
           "desktop", "Mac", "Chrome", (1512, 830), 0.85, _GOOGLE, '"macOS"'),
    Device(7, f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_SAFARI} Safari/605.1.15",
           "desktop", "Mac", "Safari", (1440, 790), 0.8),
    Device(2, "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
           "desktop", "Linux", "Firefox", (1880, 970), 0.9),
    Device(1.5, f"Mozilla/5.0 (X11; Linux x86_64) {_CHROME} Safari/537.36",
           "desktop", "Linux", "Chrome", (1720, 900), 0.9, _GOOGLE, '"Linux"'),
    Device(20, f"Mozilla/5.0 ({_IPHONE}) {_SAFARI} Mobile/15E148 Safari/604.1",
           "mobile", "iOS", "Safari", (390, 664), 1.25),
    Device(3, f"Mozilla/5.0 ({_IPHONE}) AppleWebKit/605.1.15 (KHTML, like Gecko)"
           " CriOS/142.0.7444.60 Mobile/15E148 Safari/604.1",
           "mobile", "iOS", "Chrome", (393, 659), 1.3),
    Device(17, f"Mozilla/5.0 (Linux; Android 10; K) {_CHROME} Mobile Safari/537.36",
           "mobile", "Android", "Chrome", (412, 785), 1.9, _GOOGLE, '"Android"'),
    Device(3.5, "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko)"
           " SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
           "mobile", "Android", "Samsung Internet", (384, 701), 2.0,
           '"Chromium";v="130", "Samsung Internet";v="28", "Not?A_Brand";v="99"', '"Android"'),
    Device(1, "Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0",
           "mobile", "Android", "Firefox", (411, 770), 1.8),
)  # fmt: skip
_WEIGHTS = tuple(device.weight for device in DEVICES)


def choose_device(dice: Random) -> Device:
    """A browser, as often as it is used."""
    return dice.choices(DEVICES, _WEIGHTS)[0]
