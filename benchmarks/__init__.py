"""What the ledger costs: `make benchmark` prints the figures that the docs name."""
