"""What an operator does to jobs in the admin."""

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from queueing import ledger, operating, service
from queueing.errors import Permanent
from queueing.models import Job, JobNote, State

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    """Log a member of staff in who has these permissions alone."""

    def log_in(*names: str) -> User:
        user = User.objects.create_user("mia", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=names))
        client.force_login(user)
        return user

    return log_in


@pytest.fixture
def operator(staff):
    return staff("operate_queue")


@pytest.fixture
def failed_job(job_that, run_once):
    """A job that stored two steps and then failed for good."""

    def two_steps_and_a_refusal(run):
        run.once("draft", lambda: "text")
        run.once("parsed", lambda: "document")
        raise Permanent("refused")

    job = job_that(two_steps_and_a_refusal)
    run_once(job.pk)
    return job


def confirmation(verb: str, *jobs: Job) -> str:
    return operating.address(operating.VERBS[verb], [job.pk for job in jobs])


def said(page) -> list[str]:
    return [str(message) for message in page.context["messages"]]


def test_a_failed_jobs_page_offers_the_retries_and_a_waiting_ones_promote_and_cancel(
    client, operator, failed_job
):
    waiting = ledger.enqueue(kind="scripted", subject="order:1")

    offered = {
        job.state: [
            label
            for label, _ in client.get(reverse("admin:queueing_job_change", args=[job.pk])).context[
                "verbs"
            ]
        ]
        for job in (Job.objects.get(pk=failed_job.pk), waiting)
    }

    assert offered == {
        "failed": ["Retry", "Retry from a step"],
        "waiting": ["Promote", "Cancel"],
    }


@pytest.mark.parametrize(
    ("verb", "after"),
    [
        ("retry", State.WAITING),
        ("promote", State.WAITING),
        ("cancel", State.CANCELLED),
    ],
)
def test_asking_changes_nothing_and_confirming_does_it_with_name_and_reason(
    client, operator, failed_job, verb, after
):
    job = ledger.enqueue(kind="scripted", subject="a:1") if verb != "retry" else failed_job
    job.refresh_from_db()
    before = job.state
    address = confirmation(verb, job)

    asked = client.get(address)
    job.refresh_from_db()
    assert (asked.status_code, job.state, JobNote.objects.count()) == (200, before, 0)
    done = client.post(address, {"reason": "key mended"}, follow=True)

    job.refresh_from_db()
    assert job.state == after
    note = JobNote.objects.get()
    assert (note.action, note.actor, note.reason) == (verb, "mia", "key mended")
    assert done.redirect_chain[-1][0] == reverse("admin:queueing_job_change", args=[job.pk])
    assert said(done) == [f"1 {operating.VERBS[verb].done}."]


def test_a_retry_from_a_step_offers_the_stored_steps_and_forgets_the_later_ones(
    client, operator, failed_job
):
    address = confirmation("retry-from-step", failed_job)

    steps = client.get(address).context["form"].fields["step"].choices
    client.post(address, {"reason": "again", "step": "parsed"})

    assert [name for name, _ in steps] == ["draft", "parsed"]
    assert list(failed_job.stored_steps.values_list("name", flat=True)) == ["draft"]
    assert Job.objects.get().state == State.WAITING


@pytest.mark.parametrize("answer", [{}, {"reason": " "}])
def test_without_a_reason_it_is_asked_again(client, operator, failed_job, answer):
    page = client.post(confirmation("retry", failed_job), answer)

    assert page.context["form"].errors == {"reason": ["This field is required."]}
    assert not JobNote.objects.exists()


def test_of_several_jobs_the_refused_ones_are_reported_and_the_others_done(
    client, operator, failed_job
):
    waiting = ledger.enqueue(kind="scripted", subject="order:1")

    page = client.post(
        confirmation("retry", failed_job, waiting), {"reason": "all of them"}, follow=True
    )

    assert said(page) == [
        f"Nothing changed: job {waiting.pk} is waiting; it can be retried only when failed or "
        "cancelled.",
        "1 retried.",
    ]
    assert page.redirect_chain[-1][0] == reverse("admin:queueing_job_changelist")
    assert JobNote.objects.get().job_id == failed_job.pk


def test_a_job_that_went_on_meanwhile_is_refused(client, operator, failed_job):
    address = confirmation("retry", failed_job)
    client.get(address)
    service.retry(job_id=failed_job.pk, actor="leo")

    page = client.post(address, {"reason": "me too"}, follow=True)

    assert said(page)[0].startswith("Nothing changed: ")
    assert [note.actor for note in JobNote.objects.all()] == ["leo"]


def test_the_lists_actions_lead_to_the_confirmation(client, operator, failed_job):
    listed = client.get(reverse("admin:queueing_job_changelist"))
    page = client.post(
        reverse("admin:queueing_job_changelist"),
        {"action": "retry", "_selected_action": [str(failed_job.pk)]},
    )

    assert b'value="retry"' in listed.content
    assert page.url == confirmation("retry", failed_job)
    assert not JobNote.objects.exists()


def test_more_jobs_than_a_confirmation_shows_are_refused(client, operator, monkeypatch):
    monkeypatch.setattr("queueing.operating.AT_ONCE", 1)
    jobs = [ledger.enqueue(kind="scripted", subject="order:1") for _ in range(2)]

    page = client.post(
        reverse("admin:queueing_job_changelist"),
        {"action": "cancel", "_selected_action": [str(job.pk) for job in jobs]},
        follow=True,
    )

    assert said(page) == ["Choose 1 at most; nothing was changed."]


def test_who_may_only_look_is_offered_nothing_and_refused(client, staff, failed_job):
    staff("view_job")

    page = client.get(reverse("admin:queueing_job_change", args=[failed_job.pk]))
    listed = client.get(reverse("admin:queueing_job_changelist"))
    answers = [
        client.get(confirmation("retry", failed_job)),
        client.post(confirmation("retry", failed_job), {"reason": "x"}),
    ]

    assert "verbs" not in page.context
    assert b'value="retry"' not in listed.content
    assert [answer.status_code for answer in answers] == [403, 403]
    assert not JobNote.objects.exists()


@pytest.mark.parametrize("address", ["delete/?job={job}", "retry/", "retry/?job=x", "retry/?job="])
def test_an_unknown_verb_and_no_job_are_not_found(client, operator, failed_job, address):
    base = reverse("admin:queueing_job_changelist") + "operate/"

    assert client.get(base + address.format(job=failed_job.pk)).status_code == 404
