"""Whole journeys on real parts: web server, workers, sandbox, PostgreSQL, Redis."""
