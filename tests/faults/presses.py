"""What people press, where their orders stand then, and what is to come of it: on a page of the
web server's, by a command, or at Stripe, whose news of it comes to the web server.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from articles.document import parse
from articles.models import Article
from orders import claims, purchase
from orders.models import Order, Payment, Publication, Review, Revision, Status
from orders.staff import GROUPS
from queueing import ledger
from queueing.models import Job, Step
from tests.faults.arena import Arena
from tests.faults.killed_workers import Wish
from tests.faults.kinds import BY_HAND, CROWD, NOTHING
from tests.faults.people import LINKS, SITE_REFUSES, Errand, allow_links, approve, site
from tests.faults.scene import AtStripe, Command, Page, Purchase, Scene
from tests.orders import factories

EDITOR, OTHER = "edith", "edgar"
WHY: Final = "the customer has had enough"
WISH: Final = "Please add one more sentence about patience to the introduction."
SLOW_MS: Final = 4000  # a call to the model, while its order is called off
IN_AN_HOUR: Final = timedelta(hours=1)


def _order(errand: Errand) -> Order:
    assert errand.order is not None
    errand.order.refresh_from_db()
    return errand.order


def _review(errand: Errand) -> Review:
    return _order(errand).reviews.select_related("order", "version").get(decision="")


def _buys(arena: Arena, errand: Errand) -> Purchase:
    """As the errand's people would buy, who get the very same order when they come."""
    wanted = errand.wanted(site(errand))
    names = {"target_url": "targetUrl", "anchor_text": "anchorText"}
    body = {names.get(name, name): value for name, value in wanted.items()}
    return Purchase(body=body, key=errand.key)


def _no_payment_page(arena: Arena, errand: Errand) -> None:
    arena.knob(service="stripe", operation="checkout.sessions.create", status=400, times=1)


def _customers(view: str, **fields: str) -> Callable[[Arena, Errand], Page]:
    def begins(arena: Arena, errand: Errand) -> Page:
        order = _order(errand)
        path = reverse(view, args=[order.pk])
        return Page(path=path, fields=fields | {"version": str(order.version_id)})

    return begins


def _decides(decision: str) -> Callable[[Arena, Errand], Page]:
    def begins(arena: Arena, errand: Errand) -> Page:
        review = _review(errand)
        fields = {"decision": decision, "note": "It says so.", "sure": "on"}
        fields["seen"] = review.order.updated_at.isoformat()
        return _desk("decide", review, fields)

    return begins


def _desk(name: str, review: Review, fields: Mapping[str, str]) -> Page:
    path = reverse(f"admin:orders_review_{name}", args=[review.pk])
    return Page(path=path, fields=fields, by_editor=True)


def _opens(arena: Arena, errand: Errand) -> Page:
    return _desk("change", _review(errand), {})


def _takes_over(arena: Arena, errand: Errand) -> Page:
    review = _review(errand)
    claims.claim(review=review, by=OTHER, at=timezone.now())
    return _desk("take_over", review, {"decision": "approved"})


def _lets_go(arena: Arena, errand: Errand) -> Page:
    review = _review(errand)
    claims.claim(review=review, by=EDITOR, at=timezone.now())
    return _desk("release", review, {"decision": ""})


def _edits(arena: Arena, errand: Errand) -> Page:
    review = _review(errand)
    version = review.version
    fields = {f"text-{block.number}": block.html for block in parse(version.html).blocks}
    fields |= {"title": f"{version.title}, by hand", "version": str(version.pk)}
    fields["meta_description"] = version.meta_description
    fields["seen"] = review.order.updated_at.isoformat()
    return _desk("edit", review, fields)


def _publishes_again(arena: Arena, errand: Errand) -> Page:
    return _desk("publish_again", _unpublished(arena, errand), {"again": "on"})


def _takes_back(arena: Arena, errand: Errand) -> Page:
    return _desk("reopen", _unpublished(arena, errand), {"again": "on"})


def _unpublished(arena: Arena, errand: Errand) -> Review:
    """Have the text approved and its site refuse it, which takes it now."""
    review = _review(errand)
    approve(errand, review, at=timezone.now())
    failed = Publication.objects.filter(review=review, state="failed")
    arena.until(failed.exists, what="the site has refused it")
    allow_links(review.order, LINKS)
    errand.troubles = ()
    return review


def _writes_slowly(arena: Arena, errand: Errand) -> None:
    arena.knob(service="openai", latency_ms=SLOW_MS, match=errand.mark, times=10)


def _calls_off_writing(arena: Arena, errand: Errand) -> Command:
    active = Job.objects.filter(subject=_order(errand).subject, state="active")
    arena.until(active.filter(kind="article-generation").exists, what="the text is being written")
    return _calls_off(arena, errand)


def _calls_off(arena: Arena, errand: Errand) -> Command:
    return _of_order("refund_order", _order(errand))


def _resumes(arena: Arena, errand: Errand) -> Command:
    arena.clear_knobs()  # the model takes it now
    errand.doomed = False
    return _of_order("resume_order", _order(errand))


def _releases(arena: Arena, errand: Errand) -> Command:
    _disputed(arena, errand)
    return _of_order("release_order", _order(errand))


def _of_order(command: str, order: Order) -> Command:
    return Command(words=(command, str(order.pk), "--actor", "olga", "--reason", WHY))


def _of_job(command: str, job: Job, *more: str) -> Command:
    return Command(words=(command, str(job.pk), "--actor", "olga", *more))


def _waiting(kind: str = NOTHING) -> Job:
    return ledger.enqueue(kind=kind, subject=BY_HAND, run_at=timezone.now() + IN_AN_HOUR)


def _stopped(kind: str = NOTHING) -> Job:
    job = _waiting(kind)
    Job.objects.filter(pk=job.pk).update(state="cancelled", finished_at=timezone.now())
    return job


def _retries_publication(arena: Arena, errand: Errand) -> Command:
    review = _unpublished(arena, errand)
    job = Job.objects.get(kind="publication", subject=review.order.subject)
    return _of_job("retry_job", job)


def _asks_stripe(arena: Arena, errand: Errand) -> Command:
    """Stripe tells nothing of a payment that is old enough to be asked about."""
    arena.knob(service="webhooks", hold=True)
    arena.control(f"stripe/sessions/{_session(errand)}/pay", {})
    old = timezone.now() - timedelta(seconds=settings.RECONCILE_AFTER_S)
    Payment.objects.filter(order=errand.order).update(created_at=old)
    return Command(words=("reconcile_payments",))


def _from_step(arena: Arena, errand: Errand) -> Command:
    job = _stopped(CROWD)
    Step.objects.create(job=job, name="done", output=True, attempt=1, took_ms=1, at=timezone.now())
    return _of_job("retry_job", job, "--from-step", "done")


def _imports(arena: Arena, errand: Errand) -> Command:
    domain = factories.active_domain()
    text = Path(arena.env["VAR_DIR"]) / "imported.html"
    text.write_text(factories.text_of())
    page = f"https://{domain.host}/imported"
    words = ("--html", str(text), "--title", "A page of before", "--open", "--actor", "olga")
    return Command(words=("import_article", page, *words))


def _pays_later(how: str, last: str) -> Callable[[Arena, Errand], AtStripe]:
    def begins(arena: Arena, errand: Errand) -> AtStripe:
        session = _session(errand)
        body = {"how": how, "after_ms": 300}
        path = f"stripe/sessions/{session}/pay"
        return AtStripe(path=path, body=body, last=f"checkout.session.{last}", about=session)

    return begins


def _pays_on_a_page_that_we_lost(arena: Arena, errand: Errand) -> AtStripe:
    """The reply with the session was lost, and its news names it first."""
    session = _session(errand)
    Payment.objects.filter(order=errand.order).update(session_id="", session_url="")
    return AtStripe(path=f"stripe/sessions/{session}/pay")


def _session(errand: Errand) -> str:
    url = purchase.checkout_url(order=_order(errand), at=timezone.now())
    return url.rstrip("/").rpartition("/")[2]


def _expires(arena: Arena, errand: Errand) -> AtStripe:
    return AtStripe(path=f"stripe/sessions/{_session(errand)}/expire")


def _disputes(arena: Arena, errand: Errand) -> AtStripe:
    return AtStripe(path="stripe/disputes", body={"charge": _charge(arena, errand)})


def _charge(arena: Arena, errand: Errand) -> str:
    intent = _order(errand).payments.get(state="paid").payment_intent
    events = arena.read("stripe/events", type="charge.succeeded")["events"]
    charges = (event["data"]["object"] for event in events)
    return str(next(one["id"] for one in charges if one["payment_intent"] == intent))


def _disputed(arena: Arena, errand: Errand) -> str:
    """Have the payment disputed, and return the dispute once it holds the order."""
    made = _disputes(arena, errand)
    dispute = arena.control(made.path, made.body)["id"]
    arena.until(lambda: bool(_order(errand).held_reason), what="the dispute holds the order")
    return str(dispute)


def _is_won(arena: Arena, errand: Errand) -> None:
    disputes = arena.read("stripe/events", type="charge.dispute.created")["events"]
    charge = _charge(arena, errand)
    for dispute in (event["data"]["object"] for event in disputes):
        if dispute["charge"] == charge:
            arena.control(f"stripe/disputes/{dispute['id']}/close", {"status": "won"})
    arena.until(lambda: not _order(errand).held_reason, what="nothing holds the order")


def _wins(arena: Arena, errand: Errand) -> AtStripe:
    dispute = _disputed(arena, errand)
    return AtStripe(path=f"stripe/disputes/{dispute}/close", body={"status": "won"})


def _has_paid(arena: Arena, errand: Errand) -> None:
    arena.clear_knobs()
    errand.paid = True


def _one(rows: Any, **named: object) -> Callable[[Errand], bool]:
    def done(errand: Errand) -> bool:
        return bool(rows.filter(order=errand.order, **named).count() == 1)

    return done


def _stands(*states: str) -> Callable[[Errand], bool]:
    return lambda errand: _order(errand).status in states


def _publication_is(*states: str) -> Callable[[Errand], bool]:
    return lambda errand: Publication.objects.get(review__order=errand.order).state in states


def _held_by(editor: str) -> Callable[[Errand], bool]:
    return lambda errand: _review(errand).claimed_by == editor


def _job_is(*states: str) -> Callable[[Errand], bool]:
    pressed = Job.objects.filter(subject=BY_HAND)
    return lambda errand: pressed.latest("created_at").state in states


UNPAID, READ, DESK = Status.AWAITING_PAYMENT, Status.QUALITY_CHECK, Status.ADMIN_REVIEW
REFUSING: Final[Wish] = {"product": "integration", "troubles": (SITE_REFUSES,)}
_RUNS = ("waiting", "active", "completed")
_REVIEWS, _WISHES = Review.objects, Revision.objects
SCENES: Final[Mapping[str, Scene]] = {
    "buys": Scene(orders=True, begins=_buys),
    "buys without a page to pay on": Scene(orders=True, at_once=_no_payment_page, begins=_buys),
    "cancels": Scene(
        at=UNPAID,
        wish={"cancelled": True},
        begins=_customers("order-cancel"),
        done=_stands(Status.CANCELLED),
    ),
    "asks for changes": Scene(
        at=READ,
        wish={"revised": True},
        begins=_customers("order-changes", notes=WISH),
        done=_one(_WISHES),
    ),
    "submits": Scene(at=READ, begins=_customers("order-submit"), done=_one(_REVIEWS)),
    "opens a review": Scene(at=DESK, begins=_opens, done=_held_by(EDITOR)),
    "takes it over": Scene(at=DESK, begins=_takes_over, done=_held_by(EDITOR)),
    "lets it go": Scene(at=DESK, begins=_lets_go, done=_held_by("")),
    "edits by hand": Scene(
        at=DESK, begins=_edits, done=lambda errand: _review(errand).version.number == 2
    ),
    "approves": Scene(
        at=DESK, begins=_decides("approved"), done=_one(_REVIEWS, decision="approved")
    ),
    "returns": Scene(
        at=DESK,
        wish={"decision": "return", "returned": True},
        begins=_decides("returned"),
        done=_one(_REVIEWS, decision="returned"),
    ),
    "rejects": Scene(
        at=DESK,
        wish={"decision": "reject"},
        begins=_decides("rejected"),
        done=_one(_REVIEWS, decision="rejected"),
    ),
    "publishes again": Scene(
        at=DESK, wish=REFUSING, begins=_publishes_again, done=_publication_is("waiting", "live")
    ),
    "takes an approval back": Scene(
        at=DESK, wish=REFUSING, begins=_takes_back, done=_one(_REVIEWS, decision="")
    ),
    "retries a publication": Scene(
        at=DESK, wish=REFUSING, begins=_retries_publication, done=_publication_is("waiting", "live")
    ),
    "calls off what is written": Scene(
        at=Status.PROCESSING,
        wish={"called_off": True},
        at_once=_writes_slowly,
        begins=_calls_off_writing,
        done=_stands(Status.FAILED),
    ),
    "calls off what is submitted": Scene(
        at=DESK, wish={"called_off": True}, begins=_calls_off, done=_stands(Status.FAILED)
    ),
    "resumes": Scene(
        at=Status.FAILED,
        wish={"doomed": True},
        begins=_resumes,
        done=_stands(Status.PROCESSING, READ),
    ),
    "releases": Scene(
        at=READ,
        begins=_releases,
        goes_on=_is_won,
        done=lambda errand: not _order(errand).held_reason,
    ),
    "cancels a job": Scene(
        begins=lambda arena, errand: _of_job("cancel_job", _waiting()), done=_job_is("cancelled")
    ),
    "promotes a job": Scene(
        begins=lambda arena, errand: _of_job("promote_job", _waiting()), done=_job_is(*_RUNS)
    ),
    "retries a job": Scene(
        begins=lambda arena, errand: _of_job("retry_job", _stopped()), done=_job_is(*_RUNS)
    ),
    "retries from a step": Scene(begins=_from_step, done=_job_is(*_RUNS)),
    "makes the groups": Scene(
        begins=lambda arena, errand: Command(words=("staff_groups",)),
        done=lambda errand: Group.objects.count() == len(GROUPS),
    ),
    "plants a catalogue": Scene(
        once=True,
        begins=lambda arena, errand: Command(words=("seed",)),
        done=lambda errand: Article.objects.exclude(live_version=None).exists(),
    ),
    "imports a page": Scene(
        begins=_imports,
        # Each play has a site of its own, and all their pages one name.
        done=lambda errand: (
            Article.objects.filter(slug="imported").latest("domain_id").live_version is not None
        ),
    ),
    "pays later": Scene(
        at=UNPAID, begins=_pays_later("later", "async_payment_succeeded"), goes_on=_has_paid
    ),
    "pays on a page that we lost": Scene(
        at=UNPAID, begins=_pays_on_a_page_that_we_lost, goes_on=_has_paid
    ),
    "asks Stripe": Scene(at=UNPAID, begins=_asks_stripe, goes_on=_has_paid),
    "is refused by the bank": Scene(
        at=UNPAID, begins=_pays_later("later_failed", "async_payment_failed")
    ),
    "lets the time to pay run out": Scene(at=UNPAID, wish={"cancelled": True}, begins=_expires),
    "disputes": Scene(at=READ, begins=_disputes, goes_on=_is_won),
    "wins a dispute": Scene(at=READ, begins=_wins),
}
