"""The figures in lines for people, and whether each bound held."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from articles.writer import bill
from evaluation import figures
from evaluation.bad_writing import Junk, Spoilt
from evaluation.figures import Result
from evaluation.slowness import CALL_S, Slow

# What we hold a model to; one that misses a bound is not worth paying for.
AT_FIRST_LEAST: Final = 0.9
ALIKE_BELOW: Final = 0.3


class Telling:
    """Prints; `broken` collects the bounds that did not hold."""

    def __init__(self) -> None:
        self.broken: list[str] = []

    def line(self, text: str = "") -> None:
        print(text, flush=True)

    def dots(self, what: str) -> Dots:
        """Return a listener that shows how far a group of orders is."""
        return Dots(what)

    def bound(self, name: str, *, held: bool) -> str:
        """Note a bound and return it in words."""
        if not held:
            self.broken.append(name)
        return f"({name}: {'held' if held else 'NOT HELD'})"

    def articles(self, results: Sequence[Result]) -> None:
        """Print what the new articles came to."""
        self._passing("articles", results, at_first_least=AT_FIRST_LEAST)
        alike, whose = figures.most_alike(results)
        bound = self.bound(f"below {ALIKE_BELOW}", held=alike < ALIKE_BELOW)
        self.line(f"  most alike: {alike:.3f}, {whose} {bound}")
        self._effort(results)

    def integrations(self, results: Sequence[Result]) -> None:
        """Print what links in texts that stand came to; each must take few tokens."""
        took = figures.shares_of_writing(results)
        self._changes("integrations", results, took)
        most = max(took, default=math.inf)
        # A link alone has no article of this run to be compared with.
        if most < math.inf or bill.tokens_a_word() is not None:
            self._share("each", most, bill.INTEGRATION_SHARE_MOST)
        self._effort(results)

    def revisions(self, results: Sequence[Result]) -> None:
        """Print what wishes came to; a typical one must take few tokens."""
        took = figures.shares_of_writing(results)
        self._changes("revisions", results, took)
        typical = figures.quantile(took, 0.5) if took else math.inf
        self._share("a typical one", typical, bill.REVISION_SHARE_MOST)
        self._effort(results)

    def _changes(self, kind: str, results: Sequence[Result], took: Sequence[float]) -> None:
        self._passing(kind, results)
        shares = [one.kept for one in results if one.kept is not None]
        if shares:
            least, middle = min(shares), figures.quantile(shares, 0.5)
            self.line(f"  sentences kept: median {middle:.0f} %, least {least:.0f} %")
        each = bill.tokens_a_word()
        if each is None:
            self.line("  what writing takes is not known: no article was written in this run")
            return
        self.line(
            f"  output tokens of writing the article again ({each:.2f} a word):"
            f" median {figures.quantile(took, 0.5):.1%}, most {max(took, default=0.0):.1%}"
        )

    def _share(self, of: str, share: float, most: float) -> None:
        self.line(f"  {of} {self.bound(f'at most {most:.0%}', held=share <= most)}")

    def bad_writing(self, spoilt: Sequence[Spoilt], junk: Sequence[Junk]) -> None:
        """Print which bad texts were caught and mended, and how junk ended."""
        caught, mended = sum(one.caught for one in spoilt), sum(one.mended for one in spoilt)
        held = caught == mended == len(spoilt)
        self.line(
            f"bad writing: {len(spoilt)} ways, {caught} caught, {mended} mended "
            + self.bound("every one caught and mended", held=held)
        )
        for one in spoilt:
            codes = ", ".join(sorted(figures.refused_at_first([one.result]))) or "NOT CAUGHT"
            end = "mended" if one.mended else f"NOT MENDED {one.result.failure}"
            self.line(f"  {one.way:<15} {codes}: {end}")
        clean = sum(one.clean for one in junk)
        self.line(
            f"junk: {len(junk)} kinds, {clean} failed cleanly and refunded "
            + self.bound("none reaches a customer", held=clean == len(junk))
        )
        for it in junk:
            self.line(f"  {it.way:<15} {it.order.status}{'' if it.clean else ' NOT CLEAN'}")

    def slow(self, orders: Sequence[Slow]) -> None:
        """Print how orders fared whose every call took a minute."""
        held = sum(one.held for one in orders)
        self.line(
            f"slow model, {CALL_S} s a call: {len(orders)} ordered, {held} passed without a failed"
            " call or attempt " + self.bound("a slow model fails nothing", held=held == len(orders))
        )
        for one in orders:
            self.line(
                f"  {one.result.name:<15} {one.result.calls} calls, the quickest"
                f" {one.shortest_s:.0f} s, {one.result.took_s:.0f} s in all,"
                f" {len(one.result.reports)} rounds, {one.failed_attempts} attempts failed"
            )

    def _passing(
        self, kind: str, results: Sequence[Result], *, at_first_least: float | None = None
    ) -> None:
        whole = len(results)
        passed, at_first = (
            sum(one.passed for one in results),
            sum(one.at_first for one in results),
        )
        self.line(
            f"{kind}: {whole} ordered, {passed} passed {passed / whole:.0%} "
            + self.bound("all", held=passed == whole)
            + f", {at_first} at the first attempt {at_first / whole:.0%}"
            + (
                " "
                + self.bound(
                    f"at least {at_first_least:.0%}", held=at_first >= at_first_least * whole
                )
                if at_first_least is not None
                else ""
            )
        )
        rounds = Counter(len(one.reports) for one in results)
        used = ", ".join(f"{count} in {n}" for n, count in sorted(rounds.items()))
        self.line(f"  attempts used: {used}")
        refused = _counted(figures.refused_at_first(results))
        found = figures.warnings(results)
        self.line(f"  refused at first for: {refused}")
        self.line(f"  warnings: {found.total() / whole:.1f} a text; {_counted(found)}")
        for one in results:
            if not one.passed:
                self.line(f"  NOT PASSED {one.name}: {one.failure}")

    def _effort(self, results: Sequence[Result]) -> None:
        count = len(results)
        tokens = [sum(getattr(one, name) for one in results) / count for name in _TOKENS]
        costs = [one.cost_usd for one in results if one.cost_usd is not None]
        cost = f"{sum(costs, Decimal(0)) / len(costs):.5f} USD" if costs else "—"
        took = [one.took_s for one in results]
        self.line(
            f"  each: {sum(one.calls for one in results) / count:.1f} calls, tokens in "
            f"{tokens[0]:.0f} ({tokens[1]:.0f} cached) out {tokens[2]:.0f}, cost {cost}"
            f" ({count - len(costs)} unknown), median {figures.quantile(took, 0.5):.1f} s,"
            f" p95 {figures.quantile(took, 0.95):.1f} s"
        )


class Dots:
    """Prints a dot for each order that came to its end."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._shown = -1

    def __call__(self, done: int, of: int) -> None:
        if self._shown < 0:
            print(f"{self._what} ", end="", flush=True)
            self._shown = 0
        print("." * (done - self._shown), end="", flush=True)
        if done == of and self._shown < of:
            print(flush=True)
        self._shown = max(done, self._shown)


_TOKENS = ("input_tokens", "cached_tokens", "output_tokens")


def _counted(found: Counter[str], *, most: int = 6) -> str:
    return ", ".join(f"{code} {count}" for code, count in found.most_common(most)) or "nothing"
