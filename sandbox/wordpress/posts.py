"""The posts and pages of the site, each under a slug of its own."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime

STATUSES = ("publish", "future", "draft", "pending", "private")
# What `status=any` leaves out, as WordPress does.
HIDDEN = ("trash", "auto-draft")


@dataclass(slots=True, kw_only=True)
class Post:
    """One post or page; times are Unix seconds."""

    id: int
    kind: str
    author: str
    created: float
    modified: float
    title: str = ""
    slug: str = ""
    content: str = ""
    excerpt: str = ""
    status: str = "draft"


class Posts:
    """All posts, by number."""

    def __init__(self) -> None:
        self._posts: dict[int, Post] = {}
        self._last = 0

    def __len__(self) -> int:
        """Count the posts, those in the trash included."""
        return len(self._posts)

    def add(self, *, kind: str, author: str, at: float) -> Post:
        """Return a new, empty post; posts and pages share their numbers."""
        self._last += 1
        post = Post(id=self._last, kind=kind, author=author, created=at, modified=at)
        self._posts[post.id] = post
        return post

    def get(self, number: int) -> Post | None:
        """Return the post of that number."""
        return self._posts.get(number)

    def find(self, *, slugs: list[str], statuses: list[str], kind: str | None = None) -> list[Post]:
        """Return the newest first; no slugs: whatever they are; "any": whatever is not hidden."""
        return [
            post
            for post in reversed(self._posts.values())
            if (not slugs or post.slug in slugs)
            and kind in (None, post.kind)
            and (post.status in statuses or ("any" in statuses and post.status not in HIDDEN))
        ]

    def live(self, slug: str) -> Post | None:
        """Return the published post that readers find under the slug."""
        return next(iter(self.find(slugs=[slug], statuses=["publish"])), None)

    def free_slug(self, wished: str, *, post: Post) -> str:
        """Return the slug, with a number where another post has it."""
        base = slug_of(wished) or str(post.id)
        taken = {one.slug for one in self._posts.values() if one is not post}
        slug, number = base, 1
        while slug in taken:
            number += 1
            slug = f"{base}-{number}"
        return slug

    def trash(self, post: Post) -> None:
        """Throw the post away; its slug is free again."""
        post.status, post.slug = "trash", f"{post.slug}__trashed"


def slug_of(text: str) -> str:
    """Return the text as a slug: lower-case letters, digits and hyphens."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text.lower()).strip("-")


def when(at: float) -> str:
    """Return a time as WordPress writes it."""
    return datetime.fromtimestamp(at, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S")
