"""Why a text is not taken in; each message is for an editor, and nothing was changed."""


class ImportRefused(Exception):
    """The article was not imported."""


class NotReachable(ImportRefused):
    """The page, or the WordPress that keeps it, gave no usable answer."""


class NoArticle(ImportRefused):
    """What was read holds no article."""


class TooLong(ImportRefused):
    """The text, its title or its description has more than a version may hold."""


class HasText(ImportRefused):
    """The article has a text already, which only orders and their editors change."""


class PageTaken(ImportRefused):
    """Another article of the catalogue has that page, or its place on the site."""
