"""The staff's view of orders. Facts are read here, never written; verbs go through the lifecycle.

`sales` has the orders and who placed them, `money` what was paid and given back, `records` the
history and the e-mails, `desk` where editors decide, `jobs` the ledger's jobs, `queues` how they
go, `leftovers` links that should be gone and `logins` who tried to come in.
"""

from django.contrib import admin

from orders.admin import desk, jobs, logins, money, records, sales

__all__ = ["desk", "jobs", "logins", "money", "records", "sales"]

admin.site.site_header = "Byline"
admin.site.site_title = "Byline"
admin.site.index_title = "Staff"
