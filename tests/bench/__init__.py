"""Tests of the benchmark itself, in its short form. None of them looks at a time."""
