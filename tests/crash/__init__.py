"""Kill what runs, under load, again and again: acknowledged means stored once."""
