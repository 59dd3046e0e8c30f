"""How much may be published: never more than the live workers' free threads can take.

What is not published yet is still ordered by the database, so an urgent job overtakes; and a
message that no thread takes up really was lost.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A live worker: the kinds it serves and how many of its threads are free."""

    kinds: frozenset[str]
    free: int


@dataclass(frozen=True, kw_only=True)
class Share:
    """Up to `total` jobs of these kinds together, of each no more than its cap."""

    caps: Mapping[str, int]
    total: int


def shares(*, benches: Iterable[Bench], under_way: Mapping[str, int]) -> list[Share]:
    """Return what may be published now, kinds that compete for the same workers in one share.

    `under_way` counts by kind the messages that no worker has taken up yet.
    """
    groups: list[tuple[set[str], list[Bench]]] = []
    for bench in benches:
        kinds, together = set(bench.kinds), [bench]
        apart = []
        for others, members in groups:
            if others & kinds:
                kinds |= others
                together += members
            else:
                apart.append((others, members))
        groups = [*apart, (kinds, together)]
    found = (_share(kinds, members, under_way) for kinds, members in groups)
    return [share for share in found if share.total > 0 and share.caps]


def _share(kinds: set[str], benches: list[Bench], under_way: Mapping[str, int]) -> Share:
    caps = {
        kind: sum(bench.free for bench in benches if kind in bench.kinds) - under_way.get(kind, 0)
        for kind in sorted(kinds)
    }
    total = sum(bench.free for bench in benches) - sum(under_way.get(kind, 0) for kind in kinds)
    return Share(caps={kind: cap for kind, cap in caps.items() if cap > 0}, total=total)
