"""Projects, their keys and settings: who may do what, and with whose events.

`directory` is all that a web worker imports: it answers from memory and needs no SQLAlchemy.
"""
