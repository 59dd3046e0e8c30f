"""The ledger's tables. Constraints hold what no code path may break; partial indexes keep claim,
dispatch and sweep as quick beside a million settled jobs as beside none."""

from uuid import uuid4

from django.db import models
from django.db.models import Q


class State(models.TextChoices):
    WAITING = "waiting"
    ACTIVE = "active"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


SETTLED = (State.COMPLETED, State.FAILED, State.CANCELLED)
_WAITING, _ACTIVE = Q(state=State.WAITING), Q(state=State.ACTIVE)
_SETTLED = Q(state__in=[str(state) for state in SETTLED])
_LEASED = Q(lease_token__isnull=False, lease_until__isnull=False, worker__isnull=False)
_UNLEASED = Q(lease_token__isnull=True, lease_until__isnull=True, worker__isnull=True)


class Job(models.Model):
    """One piece of work, from the transaction that asked for it to its settlement."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kind = models.CharField(max_length=64)
    subject = models.CharField(max_length=100, blank=True, help_text="Opaque: whose work this is.")
    arguments = models.JSONField(default=dict, help_text="Small ids only.")
    key = models.CharField(
        max_length=200, unique=True, null=True, blank=True, help_text="Idempotency key."
    )
    rank = models.SmallIntegerField(help_text="Of its kind; lower is dispatched first.")
    priority = models.SmallIntegerField(default=5, help_text="Inside its kind; lower first.")
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    doing = models.CharField(max_length=200, blank=True)

    attempts = models.PositiveIntegerField(default=0, help_text="Runs begun, ever.")
    failures = models.PositiveSmallIntegerField(default=0, help_text="Of the tries below.")
    crashes = models.PositiveSmallIntegerField(default=0, help_text="Workers lost under it.")
    tries = models.PositiveSmallIntegerField()

    run_at = models.DateTimeField(help_text="Not before.")
    dispatched_at = models.DateTimeField(null=True, help_text="A message should be under way.")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, help_text="When its first run began.")
    finished_at = models.DateTimeField(null=True)
    waited_ms = models.PositiveBigIntegerField(
        null=True, help_text="Due and not taken yet, of all its runs together."
    )
    worked_ms = models.PositiveBigIntegerField(null=True, help_text="Of all its runs together.")

    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    worker = models.UUIDField(null=True)  # no foreign key: a worker's row leaves when it does

    line = models.CharField(
        max_length=100, blank=True, db_default="", help_text="Where it stands in line."
    )
    parks = models.PositiveIntegerField(db_default=0, help_text="Runs put off; no try lost.")
    parked_since = models.DateTimeField(
        null=True, help_text="When something broken first made it wait."
    )

    error_class = models.CharField(max_length=100, blank=True)
    error_reason = models.CharField(max_length=500, blank=True)
    actor = models.CharField(max_length=150, blank=True)
    has_detail = models.BooleanField(default=True, help_text="Attempts and steps are still kept.")

    class Meta:
        permissions = [("operate_queue", "Can retry, promote and cancel jobs")]
        constraints = [
            models.CheckConstraint(
                name="job_active_means_leased",
                condition=(_ACTIVE & _LEASED) | (~_ACTIVE & _UNLEASED),
            ),
            models.CheckConstraint(
                name="job_settled_means_finished",
                condition=(_SETTLED & Q(finished_at__isnull=False))
                | (~_SETTLED & Q(finished_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="job_failed_means_error",
                condition=~Q(state=State.FAILED) | ~Q(error_class=""),
            ),
            models.CheckConstraint(name="job_tries_at_least_once", condition=Q(tries__gte=1)),
            models.CheckConstraint(name="job_key_not_empty", condition=~Q(key="")),
            models.CheckConstraint(
                name="job_state_known", condition=Q(state__in=[str(state) for state in State])
            ),
        ]
        indexes = [
            models.Index(
                fields=["kind", "rank", "priority", "run_at", "id"],
                condition=_WAITING,
                name="job_waiting",
            ),
            models.Index(
                fields=["dispatched_at", "kind"],
                condition=_WAITING & Q(dispatched_at__isnull=False),
                name="job_under_way",
            ),
            models.Index(
                fields=["line", "rank", "priority", "created_at"],
                condition=_WAITING & ~Q(line=""),
                name="job_in_line",
            ),
            models.Index(fields=["worker", "lease_until"], condition=_ACTIVE, name="job_leased"),
            models.Index(
                fields=["kind", "state", "finished_at"],
                condition=Q(has_detail=True) & _SETTLED,
                name="job_kept",
            ),
            models.Index(fields=["finished_at"], condition=_SETTLED, name="job_finished"),
            models.Index(fields=["subject", "created_at"], name="job_subject"),
            models.Index(fields=["-created_at"], name="job_newest"),
            models.Index(fields=["kind", "-created_at"], name="job_newest_of_kind"),
            models.Index(
                fields=["-created_at"], condition=Q(state=State.FAILED), name="job_failed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {str(self.id)[:8]}"

    @property
    def try_number(self) -> int:
        """The try that runs now or comes next, counted from 1; a lost worker costs none."""
        return min(self.failures + 1, self.tries)


class Outcome(models.TextChoices):
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CRASHED = "crashed"
    HANDED_BACK = "handed-back"
    PARKED = "parked"
    CANCELLED = "cancelled"


class Attempt(models.Model):
    """One run of a job by one worker, kept with its error."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="runs", db_index=False)
    number = models.PositiveIntegerField()
    worker = models.UUIDField()
    token = models.UUIDField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=11, choices=Outcome, default=Outcome.RUNNING)
    error_class = models.CharField(max_length=100, blank=True)
    error_reason = models.CharField(max_length=500, blank=True)
    traceback = models.TextField(blank=True)
    retry_in_s = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="attempt_number_once"),
            models.CheckConstraint(
                name="attempt_running_until_finished",
                condition=(Q(outcome=Outcome.RUNNING) & Q(finished_at__isnull=True))
                | (~Q(outcome=Outcome.RUNNING) & Q(finished_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number}: {self.outcome}"


class Step(models.Model):
    """What one step of a job produced, so that no later attempt produces it again."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="stored_steps", db_index=False)
    name = models.CharField(max_length=100)
    output = models.JSONField()
    attempt = models.PositiveIntegerField()
    took_ms = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "name"], name="step_stored_once")]

    def __str__(self) -> str:
        return self.name


class Line(models.Model):
    """Something outside that many jobs need, and how it has been: shared by all workers.

    Jobs stand in line for its places; while it is shut nobody gets one. No row: nothing happened.
    """

    name = models.CharField(max_length=100, primary_key=True)
    faults = models.PositiveIntegerField(default=0, help_text="Failures in a row.")
    shut_until = models.DateTimeField(null=True, help_text="Nobody asks it before.")
    asked_until = models.DateTimeField(null=True, help_text="It asked to be left alone so long.")
    reason = models.CharField(max_length=200, blank=True, help_text="Why it was shut last.")
    shut_since = models.DateTimeField(null=True, help_text="When that trouble began.")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Place(models.Model):
    """One place in a line, taken by a run: free again, whatever the row says, once that run's
    lease is over."""

    line = models.ForeignKey(Line, models.CASCADE, related_name="places")
    job = models.ForeignKey(Job, models.CASCADE, related_name="+")
    token = models.UUIDField()
    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.line_id}: {self.job_id}"


class Worker(models.Model):
    """A worker process that is, or was a moment ago, taking jobs."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    host = models.CharField(max_length=200, help_text="Machine, boot and process namespace.")
    pid = models.PositiveIntegerField()
    process_started = models.FloatField(help_text="Unix time; tells a reused pid from its owner.")
    threads = models.PositiveSmallIntegerField()
    kinds = models.JSONField(default=list)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["host"], name="worker_host")]

    def __str__(self) -> str:
        return f"{self.host.split('/')[0]}:{self.pid}"


class JobNote(models.Model):
    """What a person did to a job. Rows are only ever added."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="notes")
    action = models.CharField(max_length=20)
    actor = models.CharField(max_length=150)
    reason = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.action} by {self.actor}"
