"""The service behind /wordpress: posts and pages over REST with application passwords, and what
readers get of them."""

from __future__ import annotations

import base64
import binascii
import json
from functools import partial
from typing import Any

from sandbox.edge import Answer, Request, Route
from sandbox.settings import WORDPRESS_PASSWORD
from sandbox.wordpress.posts import STATUSES, Post, Posts, when
from sandbox.wordpress.theme import page

# A contributor writes posts that an editor of the site has to publish.
MAY_PUBLISH = {"byline": True, "contributor": False}
WRITTEN = ("title", "content", "excerpt")

Json = dict[str, Any]


class WordPressRefusal(Exception):
    """A call that WordPress answers with an error."""

    def __init__(self, code: str, message: str, *, status: int) -> None:
        super().__init__(message)
        self.code, self.status = code, status


class WordPress:
    """One site. Its front page is /wordpress/, its posts stand at /wordpress/<slug>/."""

    name = "wordpress"

    def __init__(self) -> None:
        self.posts = Posts()
        self.routes = [
            *self._routes("posts", "post"),
            *self._routes("pages", "page"),
            Route("GET", "/<>", "page", self._page),
        ]

    def _routes(self, name: str, kind: str) -> list[Route]:
        base = f"/wp-json/wp/v2/{name}"
        return [
            Route("GET", base, f"{name}.list", partial(self._list, kind=kind)),
            Route("POST", base, f"{name}.create", partial(self._create, kind=kind)),
            Route("GET", f"{base}/<>", f"{name}.retrieve", partial(self._retrieve, kind=kind)),
            *(
                Route(method, f"{base}/<>", f"{name}.update", partial(self._update, kind=kind))
                for method in ("POST", "PUT", "PATCH")
            ),
            Route("DELETE", f"{base}/<>", f"{name}.delete", partial(self._delete, kind=kind)),
        ]

    def headers(self) -> dict[str, str]:
        """Return WordPress' headers of every answer."""
        return {"server": "nginx", "link": '</wordpress/wp-json/>; rel="https://api.w.org/"'}

    def refusal(self, *, status: int, message: str, code: str | None) -> Answer:
        """Return an error in WordPress' shape."""
        if status == 404 and code is None:
            code, message = "rest_no_route", "No route was found matching the URL and method."
        content = {"code": code or "internal_error", "message": message}
        return Answer.of_json(content | {"data": {"status": status}}, status=status, worked=False)

    def _answer(self, status: int, content: object, **known: Any) -> Answer:
        return Answer.of_json(content, status=status, **known)

    def _refused(self, refusal: WordPressRefusal) -> Answer:
        return self.refusal(status=refusal.status, message=str(refusal), code=refusal.code)

    def _list(self, request: Request, *, kind: str) -> Answer:
        query = dict(request.query)
        slugs = [slug for slug in query.get("slug", "").split(",") if slug]
        statuses = query.get("status", "publish").split(",")
        try:
            if statuses != ["publish"] or query.get("context") == "edit":
                _user(request)
        except WordPressRefusal as refusal:
            return self._refused(refusal)
        found = self.posts.find(slugs=slugs, statuses=statuses, kind=kind)
        total = {"x-wp-total": str(len(found)), "x-wp-totalpages": "1"}
        return self._answer(200, [_draw(post, request) for post in found], headers=total)

    def _retrieve(self, request: Request, *, kind: str) -> Answer:
        try:
            post = self._post(request, kind)
            if post.status != "publish" or dict(request.query).get("context") == "edit":
                _user(request)
        except WordPressRefusal as refusal:
            return self._refused(refusal)
        return self._answer(200, _draw(post, request), result_id=str(post.id))

    def _create(self, request: Request, *, kind: str) -> Answer:
        try:
            user, given = _user(request), _given(request)
            if not any(_text(given.get(name, "")) for name in WRITTEN):
                raise WordPressRefusal(
                    "empty_content", "Content, title, and excerpt are empty.", status=400
                )
        except WordPressRefusal as refusal:
            return self._refused(refusal)
        post = self.posts.add(kind=kind, author=user, at=request.at)
        self._write(post, given, user=user, at=request.at)
        return self._answer(201, _draw(post, request), result_id=str(post.id))

    def _update(self, request: Request, *, kind: str) -> Answer:
        try:
            user, post, given = _user(request), self._post(request, kind), _given(request)
        except WordPressRefusal as refusal:
            return self._refused(refusal)
        self._write(post, given, user=user, at=request.at)
        return self._answer(200, _draw(post, request), result_id=str(post.id))

    def _delete(self, request: Request, *, kind: str) -> Answer:
        try:
            _user(request)
            post = self._post(request, kind)
        except WordPressRefusal as refusal:
            return self._refused(refusal)
        self.posts.trash(post)
        return self._answer(200, _draw(post, request), result_id=str(post.id))

    def _page(self, request: Request) -> Answer:
        post = self.posts.live(request.ids[0])
        if post is None:
            return Answer(
                status=404,
                body=b"<!DOCTYPE html><title>Page not found</title><h1>Page not found</h1>",
                headers={"content-type": "text/html; charset=UTF-8"},
                worked=False,
            )
        bad = request.knob.bad_page or ()
        headers = {"content-type": "text/html; charset=UTF-8"}
        if "noindex_header" in bad:
            headers["x-robots-tag"] = "noindex"
        body = page(post, address=_address(post, request), bad=bad)
        return Answer(body=body.encode(), headers=headers, result_id=str(post.id))

    def _post(self, request: Request, kind: str) -> Post:
        number = request.ids[0]
        post = self.posts.get(int(number)) if number.isdecimal() else None
        if post is None or post.kind != kind:
            raise WordPressRefusal("rest_post_invalid_id", "Invalid post ID.", status=404)
        return post

    def _write(self, post: Post, given: Json, *, user: str, at: float) -> None:
        for name in WRITTEN:
            if name in given:
                setattr(post, name, _text(given[name]))
        status = given.get("status", post.status)
        post.status = "pending" if status == "publish" and not MAY_PUBLISH[user] else status
        if "slug" in given or not post.slug:
            post.slug = self.posts.free_slug(given.get("slug") or post.title, post=post)
        post.modified = at


def _user(request: Request) -> str:
    scheme, _, packed = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        raise WordPressRefusal(
            "rest_cannot_create", "Sorry, you are not allowed to do that.", status=401
        )
    try:
        user, _, password = base64.b64decode(packed).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        user, password = "", ""
    if user not in MAY_PUBLISH:
        raise WordPressRefusal(
            "invalid_username", "<strong>Error:</strong> Unknown username.", status=401
        )
    # WordPress shows its passwords in groups of four and takes them with or without the spaces.
    if password.replace(" ", "") != WORDPRESS_PASSWORD.replace(" ", ""):
        raise WordPressRefusal(
            "incorrect_password",
            "<strong>Error:</strong> The provided password is an invalid application password.",
            status=401,
        )
    return user


def _given(request: Request) -> Json:
    try:
        given = json.loads(request.body)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise WordPressRefusal("rest_invalid_json", "Invalid JSON body passed.", status=400)
    if given.get("status", "draft") not in STATUSES:
        raise WordPressRefusal("rest_invalid_param", "Invalid parameter(s): status", status=400)
    return given


def _text(given: object) -> str:
    return str(given.get("raw", "")) if isinstance(given, dict) else str(given)


def _address(post: Post, request: Request) -> str:
    return f"{request.origin}/wordpress/{post.slug}/"


def _draw(post: Post, request: Request) -> Json:
    """The post as the API shows it; sources (`raw`) to those who may edit."""
    edit = request.method != "GET" or dict(request.query).get("context") == "edit"

    def shown(text: str, **more: object) -> Json:
        return {"raw": text, "rendered": text, **more} if edit else {"rendered": text, **more}

    return {
        "id": post.id,
        "date": when(post.created),
        "modified": when(post.modified),
        "slug": post.slug,
        "status": post.status,
        "type": post.kind,
        "link": _address(post, request),
        "title": shown(post.title),
        "content": shown(post.content, protected=False),
        "excerpt": shown(post.excerpt, protected=False),
        "author": list(MAY_PUBLISH).index(post.author) + 1,
        "meta": [],
    }
