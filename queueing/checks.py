"""Settings that would break a guarantee of the ledger stop the start."""
