"""What a box applies of a stream's messages: the next version with the right hash, and nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from sync_protocol import chain
from sync_protocol.downlink import Behind, Cursor, Follow, Stale, fit
from sync_protocol.frames import StreamDelta

GEN = 3
DELTAS = [f"delta {ver}".encode() for ver in range(1, 9)]
RANGES = st.integers(0, len(DELTAS) - 1).flatmap(lambda low: st.tuples(st.just(low), st.integers(low + 1, len(DELTAS))))


def cursor(ver: int, gen: int = GEN) -> Cursor:
    digest = chain.ZERO
    for number, delta in enumerate(DELTAS[:ver], start=1):
        digest = chain.stream_hash(digest, number, delta)
    return Cursor(gen, ver, digest)


def message(from_ver: int, to_ver: int, gen: int = GEN) -> StreamDelta:
    return StreamDelta("price", gen, from_ver, to_ver, tuple(DELTAS[from_ver:to_ver]), cursor(to_ver).hash)


def test_a_new_box_is_at_version_zero() -> None:
    assert Cursor() == cursor(0, gen=0)


@given(RANGES, st.integers(0, len(DELTAS)))
def test_whatever_part_of_the_stream_arrives_only_what_follows_is_applied(sent: tuple[int, int], ver: int) -> None:
    from_ver, to_ver = sent
    fitting = fit(cursor(ver), message(from_ver, to_ver))
    if to_ver <= ver:
        assert fitting == Stale()
    elif from_ver > ver:
        assert isinstance(fitting, Behind)
        assert f"version {ver}" in fitting.reason
    else:
        steps = tuple((cursor(number), DELTAS[number - 1]) for number in range(ver + 1, to_ver + 1))
        assert fitting == Follow(steps)


@given(st.lists(RANGES, max_size=20))
def test_messages_in_any_order_and_number_lead_to_the_same_content(sent: list[tuple[int, int]]) -> None:
    at, applied = Cursor(), []
    for from_ver, to_ver in [*sent, (0, len(DELTAS))]:
        fitting = fit(at, message(from_ver, to_ver))
        if isinstance(fitting, Follow):
            for at, delta in fitting.deltas:  # noqa: B007  # the last cursor is what the box has stored
                applied.append(delta)
    assert applied == DELTAS
    assert at == cursor(len(DELTAS))


@given(RANGES, st.integers(0, len(DELTAS)), st.integers(0, 127))
def test_a_message_whose_hash_does_not_fit_is_never_applied(sent: tuple[int, int], ver: int, bit: int) -> None:
    from_ver, to_ver = sent
    whole = message(from_ver, to_ver)
    damaged = bytearray(whole.hash)
    damaged[bit // 8] ^= 1 << bit % 8
    wrong = StreamDelta("price", GEN, from_ver, to_ver, whole.deltas, bytes(damaged))
    assert not isinstance(fit(cursor(ver), wrong), Follow)


@given(RANGES, st.integers(0, len(DELTAS)))
def test_a_delta_that_was_changed_on_the_way_is_never_applied(sent: tuple[int, int], ver: int) -> None:
    from_ver, to_ver = sent
    whole = message(from_ver, to_ver)
    wrong = StreamDelta("price", GEN, from_ver, to_ver, (*whole.deltas[:-1], b"another"), whole.hash)
    assert not isinstance(fit(cursor(ver), wrong), Follow)


def test_a_message_of_an_older_generation_is_stale() -> None:
    assert fit(cursor(2), message(2, 4, gen=GEN - 1)) == Stale()


def test_a_message_of_a_newer_generation_that_continues_the_same_chain_is_applied_and_raises_the_generation() -> None:
    fitting = fit(cursor(2), message(2, 4, gen=GEN + 1))
    assert isinstance(fitting, Follow)
    assert [step.gen for step, _ in fitting.deltas] == [GEN + 1, GEN + 1]


def test_a_newer_generation_that_tells_another_story_is_not_applied() -> None:
    other = chain.stream_hash(chain.stream_hash(b"another history!", 3, b"a"), 4, b"b")
    retold = StreamDelta("price", GEN + 1, 2, 4, (b"a", b"b"), other)
    assert isinstance(fit(cursor(2), retold), Behind)
