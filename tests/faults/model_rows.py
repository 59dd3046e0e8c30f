"""The rows of the model's order: its statuses, its money, its e-mails and its reviews."""

from dataclasses import dataclass
from typing import Final

UNPAID, WORK, CHECK, REVIEW = "AWAITING_PAYMENT", "PROCESSING", "QUALITY_CHECK", "ADMIN_REVIEW"
DONE, FAILED, CANCELLED = "COMPLETED", "FAILED", "CANCELLED"
ALLOWED: Final = {
    UNPAID: {WORK, CANCELLED},
    WORK: {CHECK, FAILED},
    CHECK: {WORK, REVIEW, FAILED},
    REVIEW: {DONE, CHECK, FAILED},
    DONE: set(),
    FAILED: {WORK},
    CANCELLED: {WORK},
}
UNDER_WAY: Final = (WORK, CHECK, REVIEW)
PRICE, OTHER_PRICE = 100, 60
GRACE_S: Final = 60  # REFUND_AFTER_S of these schedules


Cause = tuple[str, int]
WORK_STOPPED: Final[Cause] = ("work", 0)


@dataclass
class Payment:
    cents: int
    state: str = "open"
    paid: bool = False


@dataclass
class Refund:
    payment: int
    cents: int
    owed_at: int
    due_at: int | None = None
    state: str = "pending"
    begun: bool = False
    known: bool = False  # its row has Stripe's id
    made: int = 0  # at Stripe, under all its keys
    failed_there: bool = False
    taken_back: bool = False  # with its order, by an operator
    had_failed: bool = False


@dataclass
class Dispute:
    payment: int
    state: str
    cents: int


@dataclass
class Email:
    cause: tuple[object, ...]
    state: str = "pending"
    sends: int = 0
    arrived: int = 0


@dataclass
class Review:
    version: int
    decision: str = ""
