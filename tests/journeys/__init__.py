"""What the README and the issue of each part promise, done as a person would do it."""
