"""Chain hashes: fixed for ever, because two programs that disagree call each other's history a fork."""

from hashlib import blake2b
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from sync_protocol import chain

BOX = UUID("0192f0c1-8b5e-7cc0-9c6a-3f2b1a0d9e8f")
EVENT = UUID("0192f0c1-8b5f-7000-8000-000000000001")

entries = st.lists(st.tuples(st.uuids(), st.binary(max_size=30)), max_size=6)


def hashes(box: UUID, log: list[tuple[UUID, bytes]]) -> list[bytes]:
    """The hash after each entry."""
    digest, found = chain.seed(box), []
    for seq, (event_id, body) in enumerate(log, start=1):
        digest = chain.link(digest, box, seq, event_id, body)
        found.append(digest)
    return found


def test_the_bytes_under_the_hash_are_those_of_the_specification() -> None:
    seed = blake2b(b"tillway log" + BOX.bytes, digest_size=16).digest()
    assert chain.seed(BOX) == seed
    entry = seed + BOX.bytes + b"\0\0\0\0\0\0\1\2" + EVENT.bytes + b"body"
    assert chain.link(seed, BOX, 258, EVENT, b"body") == blake2b(entry, digest_size=16).digest()
    delta = bytes(16) + b"\0\0\0\0\0\0\1\2" + b"delta"
    assert chain.stream_hash(chain.ZERO, 258, b"delta") == blake2b(delta, digest_size=16).digest()


def test_the_hashes_of_the_examples_in_the_specification_never_change() -> None:
    seed = chain.seed(BOX)
    assert seed.hex() == "6e0265db916de54c061ef1ff72b3360c"
    assert chain.link(seed, BOX, 1, EVENT, b"\x91\x01").hex() == "e527a85dc77aa8f90f563d1af915c10d"
    assert chain.stream_hash(chain.ZERO, 1, b"\x91\x90").hex() == "b877650b6b148e8945c73d7c6989f124"


@given(st.uuids(), entries, st.data())
def test_any_change_of_an_entry_changes_every_hash_after_it(
    box: UUID, log: list[tuple[UUID, bytes]], data: st.DataObject
) -> None:
    if not log:
        return
    place = data.draw(st.integers(0, len(log) - 1))
    event_id, body = log[place]
    other = data.draw(
        st.sampled_from([(UUID(int=event_id.int ^ 1), body), (event_id, body + b"\0"), (event_id, b"x" + body)])
    )
    told, retold = hashes(box, log), hashes(box, [*log[:place], other, *log[place + 1 :]])
    assert told[:place] == retold[:place]
    assert all(one != another for one, another in zip(told[place:], retold[place:], strict=True))


@given(st.uuids(), st.uuids(), entries)
def test_two_boxes_with_the_same_entries_have_different_hashes(
    one: UUID, other: UUID, log: list[tuple[UUID, bytes]]
) -> None:
    if one != other:
        assert not set(hashes(one, log)) & set(hashes(other, log))


@given(st.integers(1, 2**62), st.binary(max_size=20))
def test_the_same_delta_has_another_hash_at_another_version(ver: int, delta: bytes) -> None:
    assert chain.stream_hash(chain.ZERO, ver, delta) != chain.stream_hash(chain.ZERO, ver + 1, delta)
