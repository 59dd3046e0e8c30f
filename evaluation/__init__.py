"""`make evaluate`: how well a model writes for Byline, in figures, with the texts to read.

Forty briefs, ten links and ten wishes go the way of paid orders: the real pipelines, a real worker,
the real gate. `cases` reads what is ordered, `rig` starts what it takes, `buying` is the customer,
`figures` reads the results out of the ledger, `bad_writing` spoils the sandbox's writer on purpose,
`slowness` makes it slow, `keeping` puts texts and figures into files, `telling` prints. Nothing
imports this room.
"""
