"""What kept an order that could not be made from being made, in words for its customer."""

from typing import Final

from orders.models import Obstacle, Order, Product

_OF_ARTICLES: Final[dict[str, str]] = {
    Obstacle.GATE: "We tried several times, and no text was good enough to show you.",
}
_OF_LINKS: Final[dict[str, str]] = {
    Obstacle.GATE: "We tried several times, and no text with your link in it was good enough to "
    "show you.",
    Obstacle.FULL: "The article carries all the links to other sites that its site allows by now.",
    Obstacle.LINKED: "The article has a link to your page already.",
    Obstacle.LARGE: "The article has become larger than what we can work on.",
}
_BROKEN_OFF: Final = "Our work broke off before there was a text that we could show you."


def said(order: Order) -> str:
    """Return the sentence; where nothing is known of it, one that is true of every order."""
    sentences = _OF_LINKS if order.product == Product.INTEGRATION else _OF_ARTICLES
    return sentences.get(order.obstacle, _BROKEN_OFF)
