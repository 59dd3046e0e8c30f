"""How work survives: a job ledger in PostgreSQL, with Redis and Celery as couriers.

A job is a row written in the caller's transaction (`ledger`), published by a dispatcher, claimed
under a lease, run step by step (`run`, `runner`), retried by arithmetic (`retry`) and swept up
after a crash (`sweeper`). What a job is about is an opaque subject; this package knows no order.
"""
