"""The demo's editor: somebody on the staff who decides in the Django admin, over HTTP alone."""

import re
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import httpx2

from local.shop import OrderFailed


class Editor:
    """Somebody at the review desk."""

    def __init__(self, *, site: str, logins: Mapping[str, str]) -> None:
        self._user = logins["EDITOR_USERNAME"]
        self._password = logins["EDITOR_PASSWORD"]
        self._http = httpx2.Client(base_url=site, trust_env=False, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def log_in(self) -> None:
        """Log in to the admin.

        :raises OrderFailed: it does not know the user
        """
        address = "/admin/login/?next=/admin/orders/review/"
        self._http.get(address)
        self._post(address, username=self._user, password=self._password)

    def approve(self, code: str) -> None:
        """Open the order's review at the desk and approve what it shows.

        :raises OrderFailed: it does not wait there, or may not be approved
        """
        desk = self._http.get("/admin/orders/review/").text
        row = re.search(rf'href="(/admin/orders/review/\d+/change/[^"]*)"[^>]*>\s*{code}', desk)
        if row is None:
            raise OrderFailed(f"order {code} does not wait at the review desk")
        screen = self._http.get(row[1]).text
        seen = re.search(r'name="seen" value="([^"]+)"', screen)
        action = re.search(r'action="([^"]*/decide/)"', screen)
        if seen is None or action is None:
            raise OrderFailed(f"order {code} cannot be approved")
        self._post(action[1], decision="approved", seen=seen[1])

    def _post(self, address: str, **fields: str) -> None:
        token = self._http.cookies["csrftoken"]
        answer = self._http.post(address, data=fields | {"csrfmiddlewaretoken": token})
        if answer.status_code != 302:
            raise OrderFailed(f"the admin answered {answer.status_code} to {address}")
