"""A brief and an article that passes every check, to be spoilt in one way at a time."""

from dataclasses import replace

from articles.brief import Brief, LinkCandidate, Reference
from articles.draft import Draft
from articles.quality import CheckResult, check

LINK = '<a href="https://bees.example/start" rel="sponsored">a starter hive</a>'
DISCLOSURE = "<p>This article contains a paid link.</p>"
BODY = f"""<p>City roofs look bare, yet urban beekeeping can fill them with life. First, you need \
a calm spot with sun and a little shelter. Then you need patience, because bees set their own \
pace.</p>
<h2>Why urban beekeeping works</h2>
<p>Parks, balconies and street trees flower from spring to autumn. Therefore city bees rarely go \
hungry. However, each colony still needs care every week. So think about your time before you \
think about honey.</p>
<p>Neighbours matter as well. Tell them early what you plan, for example over a cup of tea. Most \
people say yes when they know what to expect.</p>
<h2>What you need to begin</h2>
<p>Good tools last for years, so buy them once. A beginner can order {LINK} and have most of the \
kit in one box. In addition, get a veil that fits and gloves that you can feel through.</p>
<ul><li>A smoker that stays lit</li><li>A brush with soft hair</li><li>A box for spare \
frames</li></ul>
<p>Meanwhile, read about the seasons of a colony. You can also join \
<a href="https://garden.example/wildflowers">a walk among wildflowers</a> to see what bees \
like.</p>
<h2>The first season of urban beekeeping</h2>
<p>Your bees arrive in late spring. At first they build comb and raise their young. Afterwards \
they store what they find. Look into the hive once a week, but keep each visit short.</p>
<p>Summer brings the risk of a swarm. Because of that, give the colony more room before it feels \
tight. Otherwise half of your bees may leave over the rooftops.</p>
<h3>Getting through winter</h3>
<p>Bees live on their stores until the days grow warm again. For this reason, take only what they \
can spare. Close gaps against the wind, then leave the hive in peace.</p>
<h2>Is it worth the work?</h2>
<p>Few hobbies teach so much on so little space. You learn to look closely, although you rarely \
get it right at once. Besides, a jar from your own roof tastes like nowhere else. Start small, \
keep notes, and urban beekeeping will soon feel like home.</p>"""

BRIEF = Brief(
    topic="Keeping bees on a roof",
    niche="gardening",
    keyword="urban beekeeping",
    target_url="https://bees.example/start",
    anchor_text="a starter hive",
    words=310,
    host="garden.example",
    disclosure="This article contains a paid link.",
    internal_links=(LinkCandidate(url="https://garden.example/wildflowers", title="Wildflowers"),),
    outbound_limit=2,
)
DRAFT = Draft(
    title="Urban beekeeping: how to begin on your roof",
    meta_description="Urban beekeeping turns a bare roof into a place full of life. See what you"
    " need, what the first season brings and how your bees get through winter.",
    slug="urban-beekeeping",
    html=f"{DISCLOSURE}\n{BODY}",
)


def run(name: str, html: str | None = None, *, finish_reason: str | None = None,
        others: tuple[str, ...] = (), references: tuple[str, ...] | None = None,
        draft: dict[str, str] | None = None, references_: tuple[Reference, ...] = (),
        **brief: object) -> CheckResult:  # fmt: skip
    """Return what the check `name` says of the good article, changed as told.

    `references_` are the brief's, with their texts as the brief has them.
    """
    changed = replace(DRAFT, **(draft or {}))
    if html is not None:
        changed = replace(changed, html=html)
    return check(
        changed,
        replace(BRIEF, references=references_, **brief),
        others=others,
        references=references,
        finish_reason=finish_reason,
    )[name]


def codes(result: CheckResult) -> list[str]:
    return [finding.code for finding in result.findings]


def spoilt(old: str, new: str) -> str:
    """Return the good article's HTML with `old`, which must be in it once, made `new`."""
    assert DRAFT.html.count(old) == 1, old
    return DRAFT.html.replace(old, new)


def text_of(count: int) -> str:
    """Return `count` different words in sentences of ten, as one string."""
    listed = [f"word{'abcdefghij'[n // 1000 % 10]}{n}" for n in range(count)]
    sentences = [" ".join(listed[at : at + 10]) for at in range(0, count, 10)]
    return " ".join(f"{sentence.capitalize()}." for sentence in sentences)
