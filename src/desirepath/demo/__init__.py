"""A generator of plausible visits to a small shop with guides, as its tracker would send them.

What comes out are requests (`Sent`): TrackFlow bodies with the address, User-Agent and headers
that go with them, in the order they were received. So they take the same way as any other.

    site      pages, what is on them, where it leads, how long they take
    devices   browsers, their user agents and windows
    places    countries, and addresses in them
    people    who comes, and comes back
    rhythm    when: hours, weekdays, a little growth
    sources   how they come in: referrers and campaigns
    faults    what goes wrong, and in which browser
    tracker   what a page's tracker puts into its requests
    visit     one visit
    bots      visits of machines
    crowd     all of it: some weeks up to now, and what comes after
    feed      the way from there into the log
"""

from desirepath.demo.crowd import Crowd
from desirepath.demo.feed import Fed, feed
from desirepath.demo.places import addresses_in
from desirepath.demo.tracker import Sent

__all__ = ["Crowd", "Fed", "Sent", "addresses_in", "feed"]
