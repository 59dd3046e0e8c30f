"""The sandbox's WordPress as its own people use it, and a publication as the job does it."""

from typing import Any, Self

from articles import publishing
from articles.models import Article, ArticleVersion
from articles.publishing import Published
from tests.articles.pages import AT
from tests.visitor import visitor


class Posts:
    """The site's posts, as its own editors see them and write them."""

    def __init__(self, base_url: str) -> None:
        self.http = visitor(
            base_url=f"{base_url}/wordpress/wp-json/wp/v2", auth=("byline", "sand boxx pass word")
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.http.close()

    def all(self, kind: str = "posts") -> list[dict[str, Any]]:
        found = self.http.get(kind, params={"status": "any", "context": "edit"})
        return found.raise_for_status().json()

    def add(self, kind: str = "posts", **given: Any) -> dict[str, Any]:
        return self.http.post(kind, json={"status": "publish"} | given).raise_for_status().json()

    def change(self, number: int | str, kind: str = "posts", **given: Any) -> dict[str, Any]:
        return self.http.post(f"{kind}/{number}", json=given).raise_for_status().json()

    def trash(self, number: int | str) -> None:
        self.http.delete(f"posts/{number}").raise_for_status()


def publish(version: ArticleVersion) -> Published:
    """As the job does: which text must stand is read first."""
    article = Article.objects.select_related("domain", "live_version").get(pk=version.article_id)
    text = publishing.standing(article=article, version=version)
    return publishing.publish(article=article, version=text, at=AT)
