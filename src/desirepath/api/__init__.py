"""HTTP, and nothing else: parse, call one thing, encode."""
