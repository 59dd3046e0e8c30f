"""Schedules that once broke a promise, as short as they could be made; each must hold for ever.

The numbers pick among what a move may happen to, so a move with other targets than it had may make
a schedule mean something else: then it is kept as a test of `orders` all the same.
"""

from typing import Final

from tests.faults.model import Move

FOUND: Final[dict[str, list[Move]]] = {
    "what was accepted while the bank had it stays with us, and pays for nothing": [
        ("open session", 0),
        ("open session", 2),  # at another price
        ("told: paid", 1),
        ("told: dispute", 1),  # opened
        ("order released", 0),
        ("told: dispute", 2),  # won
        ("told: paid", 0),
    ],
    "an order is taken up again for the payment whose refund failed": [
        ("open session", 0),
        ("open session", 0),
        ("told: paid", 1),
        ("told: paid", 0),  # a second one: it goes back
        ("message forged", 2),
        ("run goes on", 0),
        ("call is refused", 0),
        ("message forged", 0),
        ("run goes on", 0),
        ("call is refused", 0),  # the order fails: both are owed
        ("order resumed", 0),
    ],
    "of an order that has ended, what a bank left is owed no more": [
        ("open session", 0),
        ("told: paid", 0),
        ("refund by staff", 0),
        ("told: dispute", 5),  # of a half: opened
        ("told: dispute", 7),  # lost
    ],
    "a dispute that is lost takes the mark of another payment": [
        ("open session", 0),
        ("open session", 2),
        ("told: paid", 1),
        ("open session", 2),
        ("told: paid", 2),
        ("told: dispute", 3),  # of the first that was paid: lost
        ("told: paid", 0),
    ],
}
