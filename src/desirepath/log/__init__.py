"""The log: append-only, survives a crash; the contract is in `base`."""
