"""What browsers may do from other origins: send, without cookies. Reading needs a token."""

METHODS = "POST, OPTIONS"

ANSWER = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Retry-After"),
]

PREFLIGHT = [
    (b"allow", METHODS.encode()),
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", METHODS.encode()),
    (
        b"access-control-allow-headers",
        b"Authorization, Content-Type, Content-Encoding, Idempotency-Key, X-API-Key,"
        b" X-Session-ID, X-User-ID",
    ),
    (b"access-control-max-age", b"86400"),
]
