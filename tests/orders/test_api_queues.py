"""The queues' calls: staff alone, from this site alone."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orders.api import problems
from queueing.models import Job, JobNote, State, Step
from tests.orders import factories
from tests.orders.test_api import problem
from tests.orders.test_api_schema import check_answer

pytestmark = pytest.mark.django_db

QUEUES = "/api/v1/queues"
JOBS = "/api/v1/queues/article-generation/jobs"


@pytest.fixture
def staff(client):
    """Log a member of staff in who has these permissions alone."""

    def log_in(*names: str, **given: object) -> Client:
        user = User.objects.create_user("mia", **{"is_staff": True} | given)
        user.user_permissions.set(Permission.objects.filter(codename__in=names))
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def operator(staff):
    return staff("operate_queue")


@pytest.fixture
def failed_job():
    order = factories.order_in_work()
    job = Job.objects.get(key=f"write:{order.pk}")
    now = timezone.now()
    Job.objects.filter(pk=job.pk).update(
        state=State.FAILED, failures=3, finished_at=now, error_class="GateBlocked"
    )
    for name in ("brief", "text-1", "examined-1"):
        Step.objects.create(job=job, name=name, output={}, attempt=1, took_ms=1, at=now)
    return job


def retry(client, job_id, body: object = None, **headers: str):
    return client.post(
        f"/api/v1/jobs/{job_id}/retry",
        json.dumps({} if body is None else body),
        content_type="application/json",
        headers=headers,
    )


@pytest.mark.parametrize("given", [("operate_queue",), ("view_job",)])
def test_staff_who_may_see_the_queue_get_the_counts_of_every_kind(staff, given):
    factories.order_in_work()

    answer = staff(*given).get(QUEUES)

    check_answer(answer, QUEUES)
    (ours,) = [one for one in answer.json()["queues"] if one["name"] == "article-generation"]
    assert ours == {
        "name": "article-generation",
        "waiting": 1,
        "active": 0,
        "completed": 0,
        "failed": 0,
        "delayed": 0,
        "total": 1,
    }


@pytest.mark.parametrize(
    ("names", "given"),
    [
        ((), {}),
        (("operate_queue",), {"is_staff": False}),
        (("operate_queue",), {"is_active": False}),
        (("view_order",), {}),
    ],
)
def test_everybody_else_gets_the_answer_of_an_address_that_does_not_exist(
    staff, failed_job, names, given
):
    client = staff(*names, **given)
    nowhere = client.get("/api/v1/nothing").content

    answers = [
        client.get(QUEUES),
        client.get(QUEUES, headers={"Accept": "text/html"}),
        client.post(QUEUES),
        client.get(JOBS),
        client.get(f"/api/v1/jobs/{failed_job.pk}/retry"),
        retry(client, failed_job.pk),
        Client().get(QUEUES),
        retry(Client(enforce_csrf_checks=True), failed_job.pk),
    ]

    assert [(answer.status_code, answer.content) for answer in answers] == [(404, nowhere)] * 8
    assert not JobNote.objects.exists()


def test_who_may_only_look_cannot_retry(staff, failed_job):
    problem(retry(staff("view_job"), failed_job.pk), problems.NOT_FOUND)

    assert not JobNote.objects.exists()


@pytest.mark.parametrize(
    ("state", "found"),
    [
        (None, {"failed", "due", "later"}),
        ("failed", {"failed"}),
        ("waiting", {"due"}),
        ("delayed", {"later"}),
        ("active", set()),
    ],
)
def test_the_jobs_of_a_queue_are_listed_by_state(operator, failed_job, state, found):
    due, later = (factories.order_in_work() for _ in range(2))
    Job.objects.filter(key=f"write:{later.pk}").update(run_at=timezone.now() + timedelta(hours=1))
    subjects = {failed_job.subject: "failed", due.subject: "due", later.subject: "later"}

    answer = operator.get(JOBS, {"state": state} if state else {})

    check_answer(answer, "/api/v1/queues/{name}/jobs")
    document = answer.json()
    assert {subjects[job["subject"]] for job in document["results"]} == found
    assert document["count"] == len(found)


def test_jobs_come_in_pages_newest_first_in_a_fixed_number_of_queries(
    operator, django_assert_max_num_queries
):
    orders = [factories.order_in_work() for _ in range(3)]

    with django_assert_max_num_queries(6):
        first = operator.get(JOBS, {"pageSize": 2, "state": "waiting"}).json()
    second = operator.get(first["next"]).json()
    behind = operator.get(JOBS, {"pageSize": 2, "page": 9}).json()

    subjects = [job["subject"] for job in first["results"] + second["results"]]
    assert subjects == [order.subject for order in reversed(orders)]
    assert "state=waiting" in first["next"]
    assert (second["next"], behind["results"]) == (None, [])


@pytest.mark.parametrize("query", [{"state": "lost"}, {"page": 0}, {"colour": "red"}])
def test_a_wrong_filter_is_refused_with_its_name(operator, query):
    refused = problem(operator.get(JOBS, query), problems.INVALID_QUERY)

    assert set(refused["errors"]) == set(query)


def test_a_queue_that_does_not_exist_is_not_found(operator):
    problem(operator.get("/api/v1/queues/nobodys/jobs"), problems.NOT_FOUND)


def test_a_retry_puts_the_job_on_the_queue_and_keeps_name_and_reason(operator, failed_job):
    answer = retry(operator, failed_job.pk, {"reason": "the provider is back"})

    check_answer(answer, "/api/v1/jobs/{id}/retry", "post")
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    note = JobNote.objects.get()
    assert (note.job_id, note.action, note.actor, note.reason) == (
        failed_job.pk,
        "retry",
        "mia",
        "the provider is back",
    )
    assert failed_job.stored_steps.count() == 3


def test_a_retry_from_a_step_forgets_it_and_the_later_ones(operator, failed_job):
    assert retry(operator, failed_job.pk, {"fromStep": "text-1"}).status_code == 202

    assert [step.name for step in failed_job.stored_steps.all()] == ["brief"]


@pytest.mark.parametrize("body", [{"fromStep": "outline"}, None])
def test_a_retry_that_the_job_does_not_allow_changes_nothing(operator, failed_job, body):
    if body is None:
        Job.objects.filter(pk=failed_job.pk).update(state=State.COMPLETED)

    answer = retry(operator, failed_job.pk, body)

    problem(answer, problems.JOB_MOVED_ON)
    check_answer(answer, "/api/v1/jobs/{id}/retry", "post")
    assert not JobNote.objects.exists()


@pytest.mark.parametrize("body", [{"reason": 7 * ["x"]}, {"why": "x"}, {"reason": "x" * 501}])
def test_a_wrong_body_is_refused_with_its_fields(operator, failed_job, body):
    assert set(problem(retry(operator, failed_job.pk, body), problems.INVALID_REQUEST)["errors"])
    assert not JobNote.objects.exists()


@pytest.mark.parametrize("job_id", [uuid4(), "no-id"])
def test_a_job_that_does_not_exist_is_not_found(operator, job_id):
    problem(retry(operator, job_id), problems.NOT_FOUND)


def test_a_session_alone_changes_nothing_and_with_the_token_it_does(failed_job):
    user = User.objects.create_superuser("mia")
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)

    refused = retry(browser, failed_job.pk)
    problem(refused, problems.CSRF_FAILED)
    check_answer(refused, "/api/v1/jobs/{id}/retry", "post")
    problem(retry(browser, failed_job.pk, Origin="https://evil.example"), problems.CSRF_FAILED)
    assert not JobNote.objects.exists()

    browser.get(reverse("admin:password_change"))  # any page with a form sets the cookie
    token = browser.cookies["csrftoken"].value
    assert retry(browser, failed_job.pk, **{"X-CSRFToken": token}).status_code == 202


def test_a_form_of_another_site_cannot_send_what_a_retry_takes(operator, failed_job):
    answer = operator.post(f"/api/v1/jobs/{failed_job.pk}/retry", "{}", content_type="text/plain")

    problem(answer, problems.UNSUPPORTED_MEDIA_TYPE)
    assert not JobNote.objects.exists()


def test_a_body_that_is_no_text_is_refused_and_breaks_nothing(failed_job):
    browser = Client(enforce_csrf_checks=True)  # the check for the token reads the body too
    browser.force_login(User.objects.create_superuser("root"))

    answer = browser.post(
        reverse("api-retry-job", args=[failed_job.pk]),
        b"\xdd\xff{",
        content_type="application/json",
    )

    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/malformed-body"
