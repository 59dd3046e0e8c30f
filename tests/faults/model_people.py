"""What customers and editors do to the model's order."""

from tests.faults.model_ledger import PUBLISH, REVISE, Wrong
from tests.faults.model_order import Order
from tests.faults.model_rows import CHECK, FAILED, REVIEW, WORK, Review


class Desk(Order):
    """An order, and the people who read its texts."""

    def revise(self) -> None:
        self.need(self.status == CHECK and not self.held)
        if "open" in self.revisions:
            raise Wrong("I8: a wish is still open while another is made")
        self.move(WORK)
        self.revisions.append("open")
        self.enqueue(REVISE, len(self.revisions) - 1)

    def submit(self) -> None:
        self.need(self.status == CHECK and not self.held)
        if any(not one.decision for one in self.reviews):
            raise Wrong("I8: a review is still open while another is asked for")
        self.move(REVIEW)
        assert self.version is not None
        self.reviews.append(Review(self.version))

    def _undecided(self) -> Review:
        last = self.reviews[-1] if self.reviews else None
        self.need(last is not None and not last.decision)
        assert last is not None
        return last

    def approve(self) -> None:
        review = self._undecided()
        self.need(self.status == REVIEW and not self.held and review.version == self.version)
        review.decision = "approved"
        self.publications.append((len(self.reviews) - 1, "waiting"))
        self.enqueue(PUBLISH, len(self.publications) - 1)

    def give_back(self) -> None:
        review = self._undecided()
        self.need(self.status == REVIEW)
        review.decision = "returned"
        self.move(CHECK)
        self.mail("returned", len(self.reviews) - 1)

    def reject(self) -> None:
        review = self._undecided()
        self.need(self.status == REVIEW)
        review.decision = "rejected"
        self.move(FAILED)
        self.owe()
        self.mail("order-failed", f"review {len(self.reviews) - 1}")

    def edit(self) -> None:
        """The editor's own text takes the place of the submitted one."""
        review = self._undecided()
        self.need(self.status == REVIEW and review.version == self.version)
        self.versions.append(None)
        review.version = self.version = len(self.versions) - 1

    def reopen(self) -> None:
        self.need(self.status == REVIEW and bool(self.publications))
        review, state = self.publications[-1]
        self.need(state == "failed" and review == len(self.reviews) - 1)
        assert self.version is not None
        self.reviews.append(Review(self.version))

    def publish_again(self, number: int) -> None:
        review, state = self.publications[number]
        is_wanted = state == "failed" and self.is_last(review)
        self.need(self.status == REVIEW and is_wanted and not self.held)
        self.publications[number] = (review, "waiting")
        self.enqueue(PUBLISH, number)
