from hypothesis import given
from hypothesis import strategies as st

from queueing.credit import Bench, Share, shares


def bench(kinds: str, free: int) -> Bench:
    return Bench(kinds=frozenset(kinds), free=free)


def test_workers_that_serve_everything_share_one_credit():
    found = shares(benches=[bench("ab", 3), bench("ab", 2)], under_way={"a": 1})

    assert found == [Share(caps={"a": 4, "b": 5}, total=4)]


def test_workers_apart_have_credits_apart():
    found = shares(benches=[bench("a", 3), bench("b", 2)], under_way={"a": 3})

    assert found == [Share(caps={"b": 2}, total=2)]


def test_a_kind_that_one_of_two_workers_serves_gets_that_ones_threads_at_most():
    found = shares(benches=[bench("a", 3), bench("ab", 2)], under_way={})

    assert found == [Share(caps={"a": 5, "b": 2}, total=5)]


def test_a_worker_that_links_two_groups_joins_them():
    found = shares(benches=[bench("a", 1), bench("b", 1), bench("ab", 1)], under_way={})

    assert found == [Share(caps={"a": 2, "b": 2}, total=3)]


def test_no_worker_no_credit():
    assert shares(benches=[], under_way={"a": 1}) == []
    assert shares(benches=[bench("a", 0)], under_way={}) == []


benches = st.lists(
    st.builds(Bench, kinds=st.frozensets(st.sampled_from("abcde"), min_size=1),
              free=st.integers(0, 50)),
    max_size=6,
)  # fmt: skip
messages = st.dictionaries(st.sampled_from("abcde"), st.integers(0, 60))


@given(benches, messages)
def test_never_more_than_the_free_threads(benches, messages):
    found = shares(benches=benches, under_way=messages)

    assert sum(share.total for share in found) <= sum(bench.free for bench in benches)
    for share in found:
        for kind, cap in share.caps.items():
            serving = sum(bench.free for bench in benches if kind in bench.kinds)
            assert 0 < cap <= serving - messages.get(kind, 0)


@given(benches)
def test_with_nothing_under_way_every_free_thread_gets_work(benches):
    found = shares(benches=benches, under_way={})

    assert sum(share.total for share in found) == sum(bench.free for bench in benches)
    kinds = [kind for share in found for kind in share.caps]
    assert len(kinds) == len(set(kinds)), "no kind is in two shares"
