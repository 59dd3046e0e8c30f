"""What tests ask of a page: its heading, its links, its forms."""

from django.http import HttpResponse
from django.test import Client
from lxml import html

from orders import access
from orders.models import Order


class Looked:
    """A page as it was answered."""

    def __init__(self, response: HttpResponse) -> None:
        self.response = response
        self.status = response.status_code
        self.tree = html.fromstring(response.content.decode())

    @property
    def text(self) -> str:
        """Everything that it says, white space folded."""
        return " ".join(self.tree.text_content().split())

    def all(self, xpath: str) -> list[str]:
        """The texts (or attributes) that an XPath finds, white space folded."""
        return [
            " ".join((found if isinstance(found, str) else " ".join(found.itertext())).split())
            for found in self.tree.xpath(xpath)
        ]

    def one(self, xpath: str) -> str:
        (found,) = self.all(xpath)
        return found

    def has_class(self, name: str) -> list[str]:
        """The texts of the elements of that class."""
        return self.all(f'//*[contains(concat(" ", @class, " "), " {name} ")]')

    def fields(self) -> dict[str, str]:
        """What a browser would send if the page's POST form were sent as it stands."""
        form = next(form for form in self.tree.forms if form.method == "POST")
        return {name: value or "" for name, value in form.fields.items()}


def look(client: Client, address: str, **given: object) -> Looked:
    return Looked(client.get(address, given))


def let_in(client: Client, order: Order) -> Client:
    """Open the order as its e-mail does; return the client."""
    assert client.get(access.open_url(order)).status_code == 302
    return client
