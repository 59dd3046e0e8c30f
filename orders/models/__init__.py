"""What is sold and what happened to it. Only `orders.lifecycle` writes `Order.status`."""

from orders.models.decisions import Publication, Review, Revision
from orders.models.email import OutgoingEmail
from orders.models.money import Dispute, Payment, Refund, StripeEvent
from orders.models.order import (
    Customer,
    Ending,
    Hold,
    Obstacle,
    Order,
    OrderEvent,
    Product,
    Status,
)

__all__ = [
    "Customer",
    "Dispute",
    "Ending",
    "Hold",
    "Obstacle",
    "Order",
    "OrderEvent",
    "OutgoingEmail",
    "Payment",
    "Product",
    "Publication",
    "Refund",
    "Review",
    "Revision",
    "Status",
    "StripeEvent",
]
