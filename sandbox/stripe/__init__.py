"""Stripe's API as Byline uses it: Checkout Sessions, payments, refunds, disputes, events."""
