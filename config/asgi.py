"""The ASGI application: `uvicorn config.asgi:application`."""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Application = Callable[..., Awaitable[None]]


def bounded(inner: Application) -> Application:
    """Return the application behind a limit: a body is cut off just past `REQUEST_BYTES_MAX`.

    Django stores a whole body on disk before a view can refuse it. What is left is still longer
    than allowed, so it is refused there with 413; the rest is read from the network and dropped.
    """

    async def outer(scope: MutableMapping[str, Any], receive: Receive, send: Any) -> None:
        left = settings.REQUEST_BYTES_MAX + 1

        async def receive_bounded() -> Message:
            nonlocal left
            message = await receive()
            while left == 0 and message["type"] == "http.request":
                message = await receive()
            if message["type"] != "http.request":
                return message
            body = message.get("body", b"")[:left]
            left -= len(body)
            more = message.get("more_body", False) and left > 0
            return {"type": "http.request", "body": body, "more_body": more}

        await inner(scope, receive_bounded if scope["type"] == "http" else receive, send)

    return outer


pages = get_asgi_application()

# After the line above, which loads the apps. Django itself runs its checks for commands alone.
from orders.streams import streamed  # noqa: E402
from queueing.checks import refuse_wrong_settings  # noqa: E402

application = streamed(bounded(pages))
refuse_wrong_settings()
