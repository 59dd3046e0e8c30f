"""A new article's first text: outlined, then written, each piece a stored step.

`outline`, then `section-1` to `section-n`, several at the same time, or `text-1` where one call
writes it all. A later attempt of the job reads what is stored and buys only what is missing.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any

from django.conf import settings

from articles import writer
from articles.brief import Brief
from articles.writer import Outline
from orders.models import Order
from orders.pipelines.calls import provider_errors, recorder
from orders.pipelines.rounds import Written
from queueing import connections
from queueing.errors import InLine
from queueing.run import Run

Reply = dict[str, Any]
Buy = Callable[..., Reply]


def written(run: Run, *, order: Order, brief: Brief) -> Written:
    """Return the article's first text, buying what of it is not stored.

    :raises WriterError: a piece was not to be had; the next attempt asks again for that one
    """
    bought = partial(_bought, run, order)
    planned = bought("outline", partial(writer.buy_outline, brief), doing="Outline")
    outline = writer.read_outline(brief, planned)
    if writer.written_whole(brief):
        whole = partial(writer.buy_article, brief, outline)
        replies = [bought("text-1", whole, doing="Writing your article")]
    else:
        replies = _sections(run, brief=brief, outline=outline, bought=bought)
    return Written(
        read=partial(writer.assemble, brief, outline, replies),
        models=tuple(reply["model"] for reply in (planned, *replies)),
        prompt_versions=tuple(reply["prompt_version"] for reply in (planned, *replies)),
        finish_reason="stop",  # a piece that was cut off is not kept
    )


def _sections(
    run: Run, *, brief: Brief, outline: Outline, bought: Callable[..., Reply]
) -> list[Reply]:
    """Each section's text, in order; those that are missing are written at the same time.

    Every thread stores what it bought before it takes the next section, by the same fenced write as
    any step, so nothing that was paid for waits for a slower one. When one fails, or the worker
    stops, those under way are finished and stored, and none is begun.
    """
    steps = {section.number: f"section-{section.number}" for section in outline.sections}
    missing = [number for number, step in steps.items() if step not in run.steps]
    failed: list[BaseException] = []

    def write(number: int) -> None:
        if failed:
            return
        ready = sum(step in run.steps for step in steps.values())
        buy = partial(writer.buy_section, brief, outline, number)
        try:
            bought(steps[number], buy, doing=f"Section {ready + 1} of {len(steps)}")
        except BaseException as error:
            failed.append(error)
            raise

    threads = min(settings.WRITER_SECTIONS_AT_ONCE, len(missing))
    if threads > 1:
        _at_once(write, missing, threads=threads)
        # A thread without a place lost nothing; what another one met may have cost an answer.
        real = next((error for error in failed if not isinstance(error, InLine)), None)
        if real is not None:
            raise real
        if failed and not any(steps[number] in run.steps for number in missing):
            raise failed[0]
        # There were fewer places than threads: what is left is written one after another.
        failed.clear()
    for number in missing:
        if steps[number] not in run.steps:
            write(number)
    return [run.steps[step] for step in steps.values()]


def _at_once(write: Callable[[int], None], numbers: list[int], *, threads: int) -> None:
    """Call `write` with each number in threads of its own, and wait for all of them."""

    def apart(number: int) -> None:
        try:
            write(number)
        finally:
            connections.let_go(what="a section's thread")

    # This thread only waits meanwhile, and a connection is for who uses it.
    connections.let_go(what="waiting for sections")
    with ThreadPoolExecutor(threads, thread_name_prefix="section") as pool:
        for number in numbers:
            pool.submit(copy_context().run, apart, number)


def _bought(run: Run, order: Order, step: str, buy: Buy, *, doing: str) -> Reply:
    """Buy a piece, unless it is stored."""

    def produce() -> Reply:
        with provider_errors():
            return buy(request_id=run.request_id(step), record=recorder(run, order=order))

    reply: Reply = run.once(step, produce, doing=doing)
    return reply
