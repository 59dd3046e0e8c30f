"""What the ledger and the quality gate cost: `make benchmark` prints the docs' figures."""
