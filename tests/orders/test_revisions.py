"""Changes that a customer asks for: one at a time, by block edits, never lost."""

import pytest

from articles import quality, references
from articles.brief import Reference
from articles.document import parse
from articles.models import ArticleVersion, ModelCall
from articles.quality import Report
from orders import lifecycle, reviews, revisions
from orders.models import Order, OutgoingEmail, Revision, Status
from queueing import registry, runner, service
from queueing.models import Job, State, Step
from queueing.process import Process
from tests.orders import factories
from tests.orders.factories import AT
from tests.orders.looking import Looked, let_in
from tests.races import rival_before

pytestmark = pytest.mark.django_db

WISH = 'Please replace "spring" with "autumn" in the second paragraph.'


def written(sandbox, **given) -> Order:
    """An order whose article the sandbox's writer wrote."""
    order = factories.order_in_work(**given)
    run(Job.objects.get(key=f"write:{order.pk}"))
    return Order.objects.get(pk=order.pk)


def run(job: Job) -> runner.Ended:
    Job.objects.filter(pk=job.pk, state=State.WAITING).update(run_at=job.created_at)
    return runner.run(job_id=job.pk, kind=registry.kind_named(job.kind), process=Process())


def run_until_settled(revision: Revision) -> None:
    while (job := revisions.job_of(revision)).state == State.WAITING:
        run(job)


def ask(order: Order, notes: str = WISH, **given) -> Revision:
    return revisions.request(order=order, notes=notes, actor="customer", at=AT, **given)


def submit(order: Order) -> None:
    reviews.submit(order=order, version=order.version, actor="customer", at=AT)


def test_a_wish_makes_a_new_version_whose_parent_is_the_one_that_was_read(sandbox):
    order = written(sandbox)
    first = order.version

    revision = ask(order, "Please add a sentence about patience to the introduction.")
    run_until_settled(revision)

    order.refresh_from_db()
    revision.refresh_from_db()
    version = order.version
    assert order.status == Status.QUALITY_CHECK
    assert (version.number, version.parent) == (2, first)
    assert version.html != first.html
    assert version.backlink_metadata["revisionNotes"] == revision.notes
    assert (revision.state, revision.version) == (Revision.State.DONE, version)
    assert OutgoingEmail.objects.filter(kind="revision-ready", version=version).count() == 1


def test_link_and_anchor_survive_and_most_of_the_text_stays_byte_for_byte(sandbox):
    order = written(sandbox)
    before = [block.html for block in parse(order.version.html).blocks]

    run_until_settled(ask(order, "Please make the introduction a little friendlier."))

    order.refresh_from_db()
    after = [block.html for block in parse(order.version.html).blocks]
    link = f'<a href="{order.brief["target_url"]}" rel="sponsored">{order.brief["anchor_text"]}</a>'
    assert order.version.html.count(link) == 1
    kept = [html for html in before if html in after]
    assert len(kept) >= 0.8 * len(before)


def test_links_to_the_sites_own_pages_elsewhere_do_not_use_up_the_limit(sandbox):
    domain = factories.active_domain(outbound_limit=1)
    served = factories.open_article(domain, url="http://byline.example/sites/garden/open")
    order = written(sandbox, domain=domain)
    assert served.url in order.version.html

    revision = ask(order)
    run_until_settled(revision)

    revision.refresh_from_db()
    assert revision.state == Revision.State.DONE
    assert served.url in revision.version.html


def test_a_change_knows_what_the_references_said_when_the_article_was_written(sandbox, monkeypatch):
    said = "Oak lasts for 40 years."
    monkeypatch.setattr(references, "read", lambda url: Reference(url=url, text=said))
    domain = factories.active_domain()
    page = Reference(url="https://oak.example/")
    wished = factories.brief_of(domain, references=(page,))
    order = written(sandbox, domain=domain, brief=wished)
    Step.objects.all().delete()  # as after a day
    monkeypatch.undo()

    revision = ask(order)
    run_until_settled(revision)

    revision.refresh_from_db()
    assert revision.state == Revision.State.DONE
    asked = sandbox.calls(service="openai")[-1]
    assert '"name":"revision"' in asked["body"]
    assert said in asked["body"]
    # It could be looked for copies of the reference, whose text was at hand.
    copied = Report.from_json(revision.version.report)["copied-run"]
    assert copied.state == "passed"


def test_the_gate_reads_all_notes_apart_the_newest_last(sandbox, monkeypatch):
    order = written(sandbox)
    order.brief["notes"] = "Avoid autumn."
    order.save(update_fields=["brief"])
    given, check = [], quality.check
    monkeypatch.setattr(
        quality, "check", lambda *args, **kwargs: given.append(kwargs) or check(*args, **kwargs)
    )

    for note in (WISH, "Please add a sentence about patience to the introduction."):
        run_until_settled(ask(order, note))
        order.refresh_from_db()

    assert order.version.number == 3
    asked = order.revisions.order_by("number").values_list("notes", flat=True)
    assert given[-1]["notes"] == ("Avoid autumn.", *asked)


def test_a_change_names_the_model_and_the_prompt_that_made_it(sandbox):
    order = written(sandbox)
    revision = ask(order, "Please add a sentence about patience to the introduction.")

    run_until_settled(revision)

    order.refresh_from_db()
    (call,) = ModelCall.objects.filter(job_key=str(revisions.job_of(revision).pk))
    assert call.prompt_version == "revision-4"
    assert order.version.provenance == {
        "model": call.model,
        "prompt_version": "revision-4",
        "gate_version": quality.GATE,
        "rounds": 1,
        "who": ["customer"],
    }


def test_a_change_that_was_turned_down_names_who_made_the_one_that_passed(sandbox, settings):
    order = written(sandbox)
    settings.WRITER_MODELS = {"main": {}, "spare": {"NAME": "the-spare"}}
    # The last round is the next model's; what the first was turned down for is not in the text.
    sandbox.knob(service="openai", match='"name":"revision"', bad_text=["drops_link"], times=2)

    run_until_settled(ask(order, "Please add a sentence about patience to the introduction."))

    order.refresh_from_db()
    origin = order.version.provenance
    assert (origin["model"], origin["prompt_version"]) == ("the-spare", "revision-4")
    assert origin["rounds"] == 3


def test_revisions_are_unlimited(sandbox):
    order = written(sandbox)

    for number in (2, 3, 4):
        run_until_settled(ask(order, f"Please add one more thought, number {number} of mine."))
        order = Order.objects.get(pk=order.pk)
        assert order.version.number == number


def test_a_second_wish_while_one_is_worked_on_is_refused_and_changes_nothing():
    order = factories.order_in_review()
    ask(order)
    stale = Order.objects.get(pk=order.pk)

    with pytest.raises(lifecycle.TransitionRefused):
        ask(stale)

    assert order.revisions.count() == 1
    assert Job.objects.filter(kind=revisions.JOB_KIND).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_wishes_at_the_same_moment_one_wins():
    order = factories.order_in_review()
    theirs = Order.objects.get(pk=order.pk)

    with (
        rival_before('UPDATE "orders_order"', lambda: ask(theirs)),
        pytest.raises(lifecycle.TransitionRefused),
    ):
        ask(order)

    assert order.revisions.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_submission_just_before_a_wish_wins():
    order = factories.order_in_review()
    theirs = Order.objects.get(pk=order.pk)

    with (
        rival_before('UPDATE "orders_order"', lambda: submit(theirs)),
        pytest.raises(lifecycle.TransitionRefused),
    ):
        ask(order)

    assert Order.objects.get(pk=order.pk).status == Status.ADMIN_REVIEW
    assert (order.revisions.count(), order.reviews.count()) == (0, 1)


@pytest.mark.django_db(transaction=True)
def test_a_wish_just_before_a_submission_wins():
    order = factories.order_in_review()
    theirs = Order.objects.get(pk=order.pk)

    with (
        rival_before('UPDATE "orders_order"', lambda: ask(theirs)),
        pytest.raises(lifecycle.TransitionRefused),
    ):
        submit(order)

    assert Order.objects.get(pk=order.pk).status == Status.PROCESSING
    assert (order.revisions.count(), order.reviews.count()) == (1, 0)


def test_a_wish_that_cannot_be_met_keeps_the_version_and_tells_customer_and_operators(sandbox):
    order = written(sandbox)
    first = order.version
    sandbox.knob(service="openai", bad_text=["refusal"])

    revision = ask(order)
    run_until_settled(revision)

    order.refresh_from_db()
    revision.refresh_from_db()
    assert (order.status, order.version) == (Status.QUALITY_CHECK, first)
    assert revision.state == Revision.State.FAILED
    assert ArticleVersion.objects.filter(order_key=order.subject).count() == 1
    kinds = OutgoingEmail.objects.filter(revision=revision).values_list("kind", flat=True)
    assert sorted(kinds) == ["admin-revision-failed", "revision-not-possible"]


def test_two_wishes_may_fail_for_the_same_version(sandbox):
    order = written(sandbox)
    sandbox.knob(service="openai", bad_text=["refusal"])

    for _ in range(2):
        run_until_settled(ask(Order.objects.get(pk=order.pk)))

    assert OutgoingEmail.objects.filter(kind="revision-not-possible").count() == 2


def test_revisions_are_dispatched_before_new_work():
    ranks = {kind.name: kind.rank for kind in registry.kinds()}

    assert ranks[revisions.JOB_KIND] < ranks["article-generation"]


# --- Over the API ------------------------------------------------------------------------------


# --- On the page -------------------------------------------------------------------------------


def test_the_page_takes_reasons_notes_and_a_paragraph(client):
    order = factories.order_in_review()
    let_in(client, order)
    address = f"{order.get_absolute_url()}changes/"
    assert "Ask for changes" in Looked(client.get(address)).text

    answer = client.post(address, {"notes": WISH, "reasons": ["tone"], "block": "2"})

    assert answer["Location"] == order.get_absolute_url()
    revision = order.revisions.get()
    assert (revision.notes, revision.reasons, revision.block) == (WISH, ["tone"], 2)


def test_nothing_typed_is_lost_on_an_error(client):
    order = factories.order_in_review()
    let_in(client, order)

    answer = client.post(f"{order.get_absolute_url()}changes/", {"notes": "short"})

    assert answer.status_code == 400
    assert "short" in answer.content.decode()
    assert "at least 10 characters" in Looked(answer).text
    assert not Revision.objects.exists()


def test_a_stale_tab_changes_nothing_and_says_so(client):
    order = factories.order_in_review()
    let_in(client, order)
    ask(order)

    answer = client.post(f"{order.get_absolute_url()}changes/", {"notes": WISH}, follow=True)

    assert "nothing was sent twice" in Looked(answer).text
    assert order.revisions.count() == 1


def test_another_wish_from_a_stale_tab_is_not_sent_and_its_words_stay_in_the_form(client):
    order = factories.order_in_review()
    let_in(client, order)
    ask(order)

    answer = client.post(f"{order.get_absolute_url()}changes/", {"notes": "Name the larch too."})

    assert answer.status_code == 409
    assert "moved on; nothing was changed" in Looked(answer).text
    assert Looked(answer).fields()["notes"].strip() == "Name the larch too."
    assert order.revisions.get().notes == WISH


def test_a_wish_about_a_version_that_was_replaced_is_not_sent_and_its_words_stay(client):
    order = factories.order_in_review()
    let_in(client, order)
    read = order.version_id
    Order.objects.update(version=factories.next_version_of(order))

    answer = client.post(f"{order.get_absolute_url()}changes/", {"notes": WISH, "version": read})

    assert answer.status_code == 409
    assert "There is a newer version" in Looked(answer).text
    assert Looked(answer).fields()["notes"].strip() == WISH
    assert not order.revisions.exists()


def test_the_job_of_a_wish_that_was_settled_is_not_retried_and_the_next_wish_goes_on(sandbox):
    order = written(sandbox)
    sandbox.knob(service="openai", bad_text=["refusal"])
    first = ask(order)
    run_until_settled(first)
    sandbox.clear_knobs()
    second = ask(Order.objects.get(pk=order.pk))

    with pytest.raises(service.Refused, match="change 1 is settled: “Not possible”"):
        service.retry(job_id=revisions.job_of(first).pk, actor="mia", at=AT)

    assert revisions.job_of(first).state == State.FAILED
    assert Order.objects.get(pk=order.pk).status == Status.PROCESSING
    states = dict(order.revisions.values_list("number", "state"))
    assert states == {1: Revision.State.FAILED, 2: Revision.State.OPEN}

    run_until_settled(second)

    second.refresh_from_db()
    assert second.state == Revision.State.DONE


def test_a_wish_that_was_settled_is_not_delivered_or_given_up_for_another(sandbox):
    order = written(sandbox)
    sandbox.knob(service="openai", bad_text=["refusal"])
    first = ask(order)
    run_until_settled(first)
    ask(Order.objects.get(pk=order.pk))
    first = Revision.objects.select_related("order__customer").get(pk=first.pk)
    version = factories.next_version_of(first.order)

    with pytest.raises(lifecycle.TransitionRefused):
        revisions.give_up(revision=first, at=AT)
    with pytest.raises(lifecycle.TransitionRefused):
        revisions.deliver(revision=first, version=version, at=AT)

    assert Order.objects.get(pk=order.pk).status == Status.PROCESSING
