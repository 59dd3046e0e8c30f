"""The seven callers of the access tables, and what an answer means for one of them."""

from django.contrib.auth.models import Group, User
from django.http import HttpResponse
from django.test import Client

from orders import staff
from orders.models import Order
from tests.orders import factories
from tests.orders.looking import let_in

WHO = ("stranger", "other", "owner", "staff", "editor", "operator", "superuser")
OPEN, HIDDEN, LOGIN, DENIED = "open", "hidden", "login", "denied"
EVERYBODY = (OPEN,) * 7
NOBODY = (HIDDEN,) * 7
OWNER = (HIDDEN, HIDDEN, OPEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN)
STAFF = (LOGIN, LOGIN, LOGIN, OPEN, OPEN, OPEN, OPEN)
EDITOR = (LOGIN, LOGIN, LOGIN, DENIED, OPEN, DENIED, OPEN)
OPERATOR = (LOGIN, LOGIN, LOGIN, DENIED, DENIED, OPEN, OPEN)
EITHER = (LOGIN, LOGIN, LOGIN, DENIED, OPEN, OPEN, OPEN)
SUPERUSER = (LOGIN, LOGIN, LOGIN, DENIED, DENIED, DENIED, OPEN)
NO_STAFF = (LOGIN, LOGIN, LOGIN, DENIED, DENIED, DENIED, DENIED)
QUEUE_CALL = (HIDDEN,) * 5 + (OPEN, OPEN)


def client_of(who: str, order: Order) -> Client:
    """A browser of that caller; `owner` has opened this order, `other` one of their own."""
    client = Client()
    match who:
        case "other":
            let_in(client, factories.order_in_review())
        case "owner":
            let_in(client, order)
        case "superuser":
            client.force_login(User.objects.create_superuser("root"))
        case "staff" | "editor" | "operator":
            user = User.objects.create_user(who, is_staff=True)
            staff.put_groups()
            groups = {"editor": staff.EDITORS, "operator": staff.OPERATORS}
            user.groups.set(Group.objects.filter(name=groups.get(who)))
            client.force_login(user)
    return client


def outcome(response: HttpResponse) -> str:
    if response.status_code == 302 and response["Location"].startswith("/admin/login/"):
        return LOGIN
    assert response.status_code < 500 or response.status_code == 503
    return {404: HIDDEN, 403: DENIED}.get(response.status_code, OPEN)
