"""What one request may hold. Over a limit: 413 for the body, a named refusal for an event."""

BODY_BYTES = 1 << 20  # after inflating, and on the wire
EVENTS = 500
DEPTH = 16
KEYS = 256
KEY_LENGTH = 128
STRING_LENGTH = 8 * 1024
STACK_LENGTH = 32 * 1024  # longer stacks are cut, not refused
EARLIEST = 0.0  # Unix seconds; the store's dates begin in 1970
LATEST = 4_102_444_800.0  # 2100-01-01
