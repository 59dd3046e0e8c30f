from uuid import uuid4

import pytest
from django.urls import reverse

from queueing import ledger
from queueing.admin import QuickPaginator
from queueing.errors import Permanent
from queueing.models import Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def failed_job(job_that, run_once):
    def refused(run):
        run.once("draft", lambda: {"text": "<b>tea</b>"})
        raise Permanent("bad key")

    job = job_that(refused)
    run_once(job.pk)
    return job


def test_the_list_shows_state_and_error_and_its_queries_do_not_grow(
    admin_client, failed_job, django_assert_max_num_queries
):
    for _ in range(50):
        ledger.enqueue(kind="scripted", subject="order:1")

    with django_assert_max_num_queries(6):
        page = admin_client.get(reverse("admin:queueing_job_changelist"))

    assert b"bad key" in page.content


@pytest.mark.parametrize("filters", [{"kind": "scripted"}, {"state__exact": "failed"}])
def test_filters_find_the_job(admin_client, failed_job, filters):
    ledger.enqueue(kind="urgent", subject="order:1")

    page = admin_client.get(reverse("admin:queueing_job_changelist"), filters)

    assert list(page.context["cl"].result_list) == [failed_job]


@pytest.mark.parametrize(
    "term", [lambda job: job.pk, lambda job: job.subject[:8], lambda job: "the-key"]
)
def test_search_finds_by_id_subject_and_key(admin_client, failed_job, term):
    Job.objects.filter(pk=failed_job.pk).update(key="the-key")
    ledger.enqueue(kind="urgent", subject="order:1")

    page = admin_client.get(reverse("admin:queueing_job_changelist"), {"q": str(term(failed_job))})

    assert list(page.context["cl"].result_list) == [failed_job]


def test_a_jobs_page_shows_attempts_and_steps_escaped_and_offers_no_change(
    admin_client, failed_job
):
    address = reverse("admin:queueing_job_change", args=[failed_job.pk])

    page = admin_client.get(address).content.decode()
    refused = admin_client.post(address, {"state": "completed"})

    assert "Traceback" in page
    assert "draft" in page
    assert "<b>tea</b>" not in page
    assert refused.status_code == 403
    failed_job.refresh_from_db()
    assert failed_job.state == "failed"


def test_nothing_can_be_added_or_deleted(admin_client, failed_job):
    addresses = (
        reverse("admin:queueing_job_add"),
        reverse("admin:queueing_job_delete", args=[failed_job.pk]),
        reverse("admin:queueing_worker_add"),
    )

    assert {admin_client.get(address).status_code for address in addresses} == {403}


def test_the_paginator_counts_no_further_than_anybody_pages(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr("queueing.admin.COUNTED_UP_TO", 3)
    for _ in range(5):
        ledger.enqueue(kind="scripted", subject=f"order:{uuid4()}")

    with django_assert_num_queries(1) as queries:
        assert QuickPaginator(Job.objects.order_by("pk"), 100).count == 3
    assert "LIMIT 3" in queries[0]["sql"]
