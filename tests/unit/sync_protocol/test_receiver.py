"""What the centre does with a batch: take what follows, repeat what it has, refuse another history."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_protocol import chain
from sync_protocol.frames import BAD, GAP, OK, Entry, EventBatch
from sync_protocol.receiver import Fork, Gap, Repeat, Take, Verdict, Watermark, acknowledge, judge
from tests.unit.sync_protocol.strategies import batch_of

BOX = UUID(int=7)
LENGTH = 12


def history(fork_at: int | None = None) -> list[tuple[UUID, bytes]]:
    """Twelve entries; from ``fork_at`` on those of another machine with the same disk."""
    return [
        (UUID(int=seq if fork_at is None or seq < fork_at else 1000 + seq), b"entry") for seq in range(1, LENGTH + 1)
    ]


LOG = history()


def hash_at(seq: int, log: list[tuple[UUID, bytes]] = LOG) -> bytes:
    digest = chain.seed(BOX)
    for number, (event_id, body) in enumerate(log[:seq], start=1):
        digest = chain.link(digest, BOX, number, event_id, body)
    return digest


def batch(lo: int, hi: int, log: list[tuple[UUID, bytes]] = LOG) -> EventBatch:
    return batch_of(BOX, lo, hash_at(lo - 1, log), log[lo - 1 : hi])


def mark(seq: int) -> Watermark:
    return Watermark(seq, hash_at(seq))


RANGES = st.integers(1, LENGTH).flatmap(lambda lo: st.tuples(st.just(lo), st.integers(lo, LENGTH)))


def test_nothing_is_stored_of_a_box_that_was_never_heard() -> None:
    assert Watermark.start(BOX) == mark(0)


@given(RANGES, st.integers(0, LENGTH))
def test_whatever_part_of_the_same_history_arrives_only_what_follows_is_taken(
    sent: tuple[int, int], stored: int
) -> None:
    lo, hi = sent
    expected: Verdict
    if lo > stored + 1:
        expected = Gap()
    elif hi <= stored:
        expected = Repeat()
    else:
        fresh = tuple(Entry(seq, *LOG[seq - 1]) for seq in range(stored + 1, hi + 1))
        expected = Take(fresh, mark(hi))
    assert judge(batch(lo, hi), mark(stored)) == expected


@given(RANGES, st.integers(0, LENGTH), st.integers(1, LENGTH))
def test_another_history_is_never_taken(sent: tuple[int, int], stored: int, fork_at: int) -> None:
    (lo, hi), other = sent, history(fork_at)
    verdict = judge(batch(lo, hi, other), mark(stored))
    if fork_at > stored:  # the histories part after what is stored: this one was simply first
        assert not isinstance(verdict, Fork)
    else:
        assert not isinstance(verdict, Take)
        if lo <= stored + 1 <= hi + 1:  # the batch reaches or touches the watermark: the difference shows
            assert verdict == Fork(stored)


@given(st.lists(RANGES, max_size=20))
def test_batches_in_any_order_and_number_lead_to_the_same_log(sent: list[tuple[int, int]]) -> None:
    stored, taken = Watermark.start(BOX), []
    for lo, hi in [*sent, (1, LENGTH)]:
        verdict = judge(batch(lo, hi), stored)
        if isinstance(verdict, Take):
            taken += verdict.entries
            stored = verdict.watermark
    assert stored == mark(LENGTH)
    assert [(entry.id, entry.body) for entry in taken] == LOG


@pytest.mark.parametrize(
    ("verdict", "status"), [(None, OK), (Take((), mark(3)), OK), (Repeat(), OK), (Gap(), GAP), (Fork(3), BAD)], ids=str
)
def test_every_verdict_is_answered_with_what_is_stored(verdict: Verdict | None, status: str) -> None:
    ack = acknowledge(BOX, mark(3), gen=4, epoch=5, verdict=verdict, credit=6, retry_ms=7, server_ms=8)
    assert (ack.box, ack.gen, ack.epoch, ack.through, ack.hash) == (BOX, 4, 5, 3, hash_at(3))
    assert (ack.status, ack.credit, ack.retry_ms, ack.server_ms) == (status, 6, 7, 8)
    assert ack.safe_through == 0  # nothing may be deleted before backups are verified
