"""Tests of the ledger. An app of its own, so that real workers know the kinds in `jobs`."""
