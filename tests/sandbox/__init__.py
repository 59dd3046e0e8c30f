"""The sandbox as its users meet it: a real process, the vendors' own SDKs."""
