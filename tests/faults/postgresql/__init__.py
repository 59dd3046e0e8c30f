"""Django's PostgreSQL engine, every write of which is a failpoint."""
