"""The page that readers get, and how it goes wrong where a knob says so."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from sandbox.wordpress.posts import Post
from sandbox.wordpress.texturise import texturised

_LINK = re.compile(r"<a\b[^>]*>.*?</a>", re.DOTALL)


def page(post: Post, *, address: str, bad: tuple[str, ...]) -> str:
    """Return the post's page as HTML, spoilt by each name in `bad`."""
    content = texturised(post.content)
    for name in bad:
        if name in SPOILT_CONTENT:
            content = SPOILT_CONTENT[name](content)
    title = texturised(escape(post.title, quote=False))
    robots = "noindex, nofollow" if "noindex" in bad else "max-image-preview:large"
    return (
        '<!DOCTYPE html>\n<html lang="en-US">\n<head>\n<meta charset="UTF-8" />\n'
        f"<title>{title} &#8211; A WordPress site</title>\n"
        f"<meta name='robots' content='{robots}' />\n"
        f'<link rel="canonical" href="{escape(address)}" />\n</head>\n'
        f'<body class="single-post postid-{post.id}">\n<nav><a href="/">Home</a></nav>\n'
        f'<main>\n<h1 class="entry-title">{title}</h1>\n'
        f'<div class="entry-content">\n{content}\n</div>\n</main>\n</body>\n</html>\n'
    )


def _first_link(content: str, change: Callable[[str], str]) -> str:
    return _LINK.sub(lambda found: change(found[0]), content, count=1)


SPOILT_CONTENT: dict[str, Callable[[str], str]] = {
    "no_link": lambda content: _first_link(content, lambda link: re.sub(r"<[^>]+>", "", link)),
    "link_twice": lambda content: _first_link(content, lambda link: f"{link} and {link}"),
    "wrong_rel": lambda content: _first_link(
        content, lambda link: re.sub(r' rel="[^"]*"', ' rel="noopener"', link)
    ),
    "wrong_anchor": lambda content: _first_link(
        content, lambda link: re.sub(r">.*?</a>", ">click here</a>", link, flags=re.DOTALL)
    ),
}
