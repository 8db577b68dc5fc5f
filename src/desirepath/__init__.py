"""Self-hosted click and behaviour analytics."""
