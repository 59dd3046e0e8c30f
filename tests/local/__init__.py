"""The local stack: embedded servers, processes, the demo, the Makefile."""
