"""The product: orders and their lifecycle, payments, e-mail, pipelines, API, pages and admin."""
