"""A publication's job, run as a worker would, and what of it can be counted."""

from orders import reviews
from orders.models import Order, Publication
from queueing import registry, runner
from queueing.models import Job, State
from queueing.process import Process
from tests.orders import factories
from tests.orders.factories import AT


def approved_on_wordpress(settings) -> Publication:
    """The publication of a version that an editor approved, on the sandbox's WordPress."""
    domain = factories.active_domain(
        publisher="wordpress",
        wordpress_url=f"{settings.SANDBOX_URL}/wordpress",
        wordpress_user="byline",
    )
    settings.WORDPRESS_PASSWORDS = {domain.host: "sand boxx pass word"}
    review = factories.waiting_review(domain=domain)
    return reviews.approve(review=review, by="edith", at=AT)


def job_of(publication: Publication) -> Job:
    return Job.objects.filter(kind="publication", arguments={"publication": publication.pk}).latest(
        "created_at"
    )


def run(publication: Publication, *, process: Process | None = None) -> runner.Ended:
    """One attempt, due now whatever the policy said."""
    job = job_of(publication)
    Job.objects.filter(pk=job.pk, state=State.WAITING).update(run_at=job.created_at)
    kind = registry.kind_named("publication")
    ended = runner.run(job_id=job.pk, kind=kind, process=process or Process())
    publication.refresh_from_db()
    return ended


def run_until_settled(publication: Publication) -> list[runner.Ended]:
    ended = []
    while job_of(publication).state == State.WAITING:
        ended.append(run(publication))
    return ended


def order_of(publication: Publication) -> Order:
    return Order.objects.select_related("customer").get(reviews__publication=publication)


def worked(sandbox, operation: str) -> int:
    return len(sandbox.calls(service="wordpress", operation=operation, work_done=1))
