"""What one request may hold. Over a limit: 413 for the body, a named refusal for an event."""

BODY_BYTES = 1 << 20  # after inflating, and on the wire
EVENTS = 500
LISTS = 20_000  # and objects, in one body: each costs a microsecond. Trackers send 3 an event
DEPTH = 16  # of `properties`, which is level 1
KEYS = 256  # of `properties`, at all levels together
KEY_LENGTH = 128  # lengths are in characters
STRING_LENGTH = 8 * 1024
STACK_LENGTH = 32 * 1024  # longer stacks are cut, not refused
EARLIEST = 0.0  # Unix seconds; the store's dates begin in 1970
LATEST = 4_102_444_800.0  # 2100-01-01
