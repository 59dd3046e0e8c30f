"""The Chromium that browser tests drive: one that is installed; none is downloaded."""

import os
import shutil
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find() -> str | None:
    """Return the path of `$CHROMIUM`, else of the first that is on the PATH."""
    names = [os.environ["CHROMIUM"]] if os.environ.get("CHROMIUM") else NAMES
    return next(filter(None, map(shutil.which, names)), None)


if __name__ == "__main__" and find() is None:
    sys.exit(
        "byline: the browser tests need Chromium; install it (Debian, Ubuntu: apt-get install "
        "chromium) or name it: CHROMIUM=/path/to/it"
    )
