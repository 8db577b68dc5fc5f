"""Formats: one wire shape a file; bytes in, Events or named refusals out."""
