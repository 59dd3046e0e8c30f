"""A person at a browser, who notices what a person should never see."""

from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

# Steps and colours come and go; what is tested is where they end.
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PATIENCE_MS = 90_000


def origin(address: str) -> str:
    return "{0.scheme}://{0.netloc}".format(urlsplit(address))


class Visitor:
    """One tab. `complaints` are errors of its console, `strays` requests that left our site."""

    def __init__(self, context: BrowserContext, *, site: str, sandbox: str) -> None:
        self.context = context
        self.site = site
        self.sandbox = sandbox
        self.complaints: list[str] = []
        self.strays: list[str] = []
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._went)

    def visit(self, path: str) -> Page:
        self.page.goto(self.site + path if path.startswith("/") else path)
        return self.page

    def accessibility_faults(self) -> list[str]:
        """Return what axe finds wrong on the page."""
        # Preloading, it would copy stylesheets into the page, which our policy refuses.
        options = {"runOnly": STANDARDS, "preload": False}
        found = Axe().run(self.page, options=options).response["violations"]
        return [
            f"{fault['id']}: {fault['nodes'][0]['target']} {fault['nodes'][0]['failureSummary']}"
            for fault in found
        ]

    def pixels_too_wide(self) -> int:
        """Return by how many pixels the page would have to be scrolled sideways."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))

    def write_brief(self, **given: str) -> None:
        brief = {
            "topic": "Raised beds on a small balcony",
            "keyword": "raised beds",
            "target_url": "https://shop.example.com/raised-beds",
            "anchor_text": "oak raised beds",
            "email": "ada@example.com",
        }
        for name, text in (brief | given).items():
            self.page.fill(f"#{name}", text)

    def _heard(self, message: ConsoleMessage) -> None:
        # An answer of 4xx is what some tests ask for; Chromium and htmx write each down.
        is_answer = "status of 4" in message.text or "Error Code 4" in message.text
        if message.type in ("error", "warning") and not is_answer:
            self.complaints.append(message.text)

    def _went(self, request: Request) -> None:
        if request.url.startswith("data:"):
            return
        if request.is_navigation_request():
            is_ours = origin(request.url) in (self.site, self.sandbox)
        else:
            is_ours = origin(request.url) == origin(request.frame.url)
        if not is_ours:
            self.strays.append(request.url)
