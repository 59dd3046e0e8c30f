"""The fault matrix: break every part at every moment, then ask one oracle what was lost.

`make faults` runs all of it, the suite a short form. `arena` runs the parts as processes and
breaks them, `people` buy, revise, submit and approve meanwhile, `oracle` reads the database and
what the sandbox noted (`oracle_calls` of texts and e-mails, `oracle_money`), `evidence` is what
excuses a repeat, `matrix` knows the faults and prints a row for each. A `proxy` is the wire to
Redis or PostgreSQL where a fault has to cut it. In the workers, `failpoints` counts the writes
and dies at one of them, `writes` reads off the source where those are, and `ways` leads orders past
them; `postgresql` is the database engine that reports them, `broken` takes a
guard away to show that the oracle sees it, `kinds` has a job that costs next to nothing.

Beside the processes there is a state machine, which needs none: `model_ledger`, `model_order`,
`model_people` and `model_work` are ledger, order, people and workers in plain Python under a
virtual clock, `promises` what the oracle asks, `model` the schedules, thousands a second, and
`found` those that once broke a promise. `real_order` makes the same moves on PostgreSQL, so that
the model is known to be true.
"""
