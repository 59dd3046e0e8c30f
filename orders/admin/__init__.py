"""The staff's view of orders. Facts are read here, never written; verbs go through the lifecycle.

`sales` has the orders and who placed them, `money` what was paid and given back, `records` the
history and the e-mails, `desk` where editors decide, `jobs` the ledger's jobs and
`queues` how they go.
"""

from django.contrib import admin

from orders.admin import desk, jobs, money, records, sales

__all__ = ["desk", "jobs", "money", "records", "sales"]

admin.site.site_header = "Byline"
admin.site.site_title = "Byline"
admin.site.index_title = "Staff"
