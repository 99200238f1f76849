"""The box's end of the uplink, rule by rule (`docs/protocol.md`, Uplink)."""

import itertools
from uuid import UUID

import msgspec
import pytest

from sync_protocol.frames import BAD, BATCH_EVENTS_MAX, FENCED, GAP, OK, SLOW, Ack
from sync_protocol.sender import (
    Action,
    LinkState,
    SaveAck,
    SendBatch,
    Sender,
    SenderSettings,
    SendHello,
)

BOX, OTHER = UUID(int=7), UUID(int=8)
GEN, EPOCH = 100, 5
PACE = SenderSettings()


def hash_at(seq: int) -> bytes:
    """The own chain hash at ``seq``, or what stands for it here."""
    return seq.to_bytes(16, "big")


def ack(through: int, status: str = OK, **changes: object) -> Ack:
    plain = Ack(1, GEN, EPOCH, BOX, through, hash_at(through), status)
    return msgspec.structs.replace(plain, **changes)


def sender(head: int = 0, acked: int = 0, *, chance: float = 0.0, epoch: int | None = EPOCH, gen: int = GEN) -> Sender:
    return Sender(BOX, gen=gen, epoch=epoch, head=head, acked=acked, chance=lambda: chance)


def greeted(head: int = 0, acked: int = 0, **options: float) -> Sender:
    """A sender whose first hello, at second 0, is answered."""
    box = sender(head, acked, **options)
    box.connected(0.0)
    assert SendHello() in box.poll(0.0)
    box.ack_received(ack(acked), hash_at(acked), 0.0)
    return box


def take(box: Sender, message: Ack, now: float) -> list[Action]:
    """Hand ``message`` over as the driver does: with the own hash at its ``through``, if the log reaches so far."""
    own = hash_at(message.through) if message.through <= box.head else None
    return box.ack_received(message, own, now)


def send(box: Sender, now: float) -> SendBatch:
    """The batch that is due at ``now``, sent in full."""
    [batch] = [action for action in box.poll(now) if isinstance(action, SendBatch)]
    box.batch_sent(min(batch.after + batch.limit, box.head), now)
    return batch


def batches(box: Sender, now: float) -> list[Action]:
    return [action for action in box.poll(now) if isinstance(action, SendBatch)]


def next_batch_at(box: Sender, now: float) -> float:
    """When the next batch goes out, hellos apart."""
    while not batches(box, now):
        wake = box.wake_at(now)
        assert wake is not None
        assert wake > now
        now = wake
    return now


def test_nothing_is_sent_while_the_broker_is_away() -> None:
    box = sender(head=3)
    assert box.poll(0.0) == []
    assert box.wake_at(0.0) is None
    assert box.state is LinkState.OFFLINE


def test_a_connection_begins_with_a_hello_and_the_first_batch() -> None:
    box = sender(head=3)
    box.connected(0.0)
    assert box.poll(0.0) == [SendHello(), SendBatch(after=0, limit=BATCH_EVENTS_MAX)]


def test_a_hello_is_repeated_with_growing_patience_until_the_centre_answers() -> None:
    box = sender()
    box.connected(0.0)
    said = []
    now: float | None = 0.0
    while now is not None and now < 300:
        if SendHello() in box.poll(now):
            said.append(now)
        now = box.wake_at(now)
    assert said == [0, 2, 6, 14, 30, 62, 122, 182, 242]
    take(box, ack(0), 250.0)
    assert box.wake_at(250.0) == 242 + PACE.hello_s


def test_a_hello_is_said_every_minute() -> None:
    box = greeted()
    assert box.wake_at(1.0) == PACE.hello_s
    assert box.poll(PACE.hello_s) == [SendHello()]


def test_wishes_for_a_hello_never_make_a_storm() -> None:
    box = greeted()
    said = []
    for tick in range(100):
        now = tick / 20
        box.want_hello(now)
        said += [now for action in box.poll(now) if action == SendHello()]
        take(box, ack(0), now)
    assert said == [1.0, 2.0, 3.0, 4.0]


def test_only_one_batch_is_in_flight() -> None:
    box = greeted(head=600)
    assert send(box, 0.0) == SendBatch(0, BATCH_EVENTS_MAX)
    box.appended(900)
    assert batches(box, PACE.resend_s_min - 0.01) == []
    take(box, ack(256), 0.1)
    assert send(box, 0.1).after == 256


def test_an_event_goes_at_once_and_what_comes_meanwhile_gathers_for_the_next_batch() -> None:
    box = greeted()
    box.appended(1)
    assert send(box, 5.0).after == 0
    box.appended(2)
    box.appended(3)
    assert batches(box, 5.02) == []
    take(box, ack(1), 5.03)
    assert send(box, 5.03).after == 1


def test_a_broker_confirmation_moves_nothing() -> None:
    box = greeted(head=3)
    send(box, 0.0)
    assert (box.acked, box.state) == (0, LinkState.SENDING)
    # There is no call for it at all: only an acknowledgement of the centre can move acked.
    assert not [name for name in dir(Sender) if "publish" in name or "puback" in name]


def test_an_acknowledgement_moves_acked_and_is_to_be_saved() -> None:
    box = greeted(head=3)
    send(box, 0.0)
    assert take(box, ack(3), 0.1) == [SaveAck(GEN, 3, hash_at(3))]
    assert (box.acked, box.state) == (3, LinkState.CURRENT)


def test_an_acknowledgement_that_came_before_changes_nothing() -> None:
    box = greeted(head=3, acked=0)
    send(box, 0.0)
    take(box, ack(3), 0.1)
    assert take(box, ack(3), 0.2) == []
    assert take(box, ack(1), 0.3) == []
    assert box.acked == 3


@pytest.mark.parametrize("change", [{"box": OTHER}, {"gen": GEN - 1}])
def test_an_acknowledgement_of_another_box_or_an_older_centre_is_ignored(change: dict[str, object]) -> None:
    box = greeted(head=3)
    send(box, 0.0)
    assert take(box, ack(3, **change), 0.1) == []
    assert take(box, ack(9, BAD, hash=b"x" * 16, credit=0, **change), 0.1) == []
    assert (box.acked, box.state, box.counters.ignored_acks) == (0, LinkState.SENDING, 2)


def test_a_centre_of_a_higher_generation_may_go_back_and_gets_the_lost_part_at_once() -> None:
    box = greeted(head=9, acked=6)
    assert send(box, 0.0).after == 6
    went_back = ack(2, GAP, gen=GEN + 1)
    assert take(box, went_back, 0.1) == [SaveAck(GEN + 1, 2, hash_at(2))]
    assert (box.gen, box.acked) == (GEN + 1, 2)
    assert send(box, next_batch_at(box, 0.1)).after == 2
    assert take(box, ack(9), 0.3) == []  # what the centre of the older generation held does not count
    assert box.acked == 2


def test_a_centre_of_the_same_generation_cannot_take_back_what_it_acknowledged() -> None:
    box = greeted(head=9, acked=6)
    assert take(box, ack(2), 0.1) == []
    assert box.acked == 6


def test_a_gap_that_moves_nothing_waits_for_the_resend() -> None:
    box = greeted(head=9, acked=6)
    send(box, 0.0)
    assert take(box, ack(2, GAP), 0.1) == []
    assert box.counters.gaps == 1
    assert next_batch_at(box, 0.1) == PACE.resend_s_min


def test_a_resend_starts_after_the_last_acknowledged_entry_and_takes_what_has_come_since() -> None:
    box = greeted(head=3)
    send(box, 0.0)
    box.appended(300)
    assert send(box, next_batch_at(box, 0.0)) == SendBatch(0, BATCH_EVENTS_MAX)
    assert box.counters.resends == 1


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_resends_back_off_to_a_minute_with_jitter(chance: float) -> None:
    box = greeted(head=1, chance=chance)
    sent_at = [0.0]
    send(box, 0.0)
    for _ in range(9):
        now = next_batch_at(box, sent_at[-1])
        send(box, now)
        sent_at.append(now)
    pauses = [later - earlier for earlier, later in itertools.pairwise(sent_at)]
    assert pauses == pytest.approx([pause * (1 + 0.2 * chance) for pause in (2, 4, 8, 16, 32, 60, 60, 60, 60)])


def test_a_slow_link_gets_more_patience() -> None:
    box = greeted(head=1)
    box.round_trip_s = 3.0
    send(box, 0.0)
    assert next_batch_at(box, 0.0) == PACE.resend_round_trips * 3.0


def test_the_round_trip_is_learned_from_first_sends_alone() -> None:
    box = greeted(head=1)
    send(box, 0.0)
    take(box, ack(1), 0.9)
    assert box.round_trip_s == pytest.approx(0.1 + 0.125 * (0.9 - 0.1))
    learned = box.round_trip_s
    box.appended(2)
    send(box, 1.0)
    send(box, next_batch_at(box, 1.0))
    take(box, ack(2), 60.0)
    assert box.round_trip_s == learned


def test_a_centre_that_answers_again_ends_a_long_patience() -> None:
    box = greeted(head=1)
    send(box, 0.0)
    now = 0.0
    for _ in range(6):
        now = next_batch_at(box, now)
        send(box, now)
    take(box, ack(0), now + 1)
    assert next_batch_at(box, now + 1) == now + 1 + PACE.resend_s_min


def test_credit_bounds_the_next_batch() -> None:
    box = greeted(head=300)
    send(box, 0.0)
    take(box, ack(256, credit=7), 0.1)
    assert send(box, 0.1) == SendBatch(256, 7)


def test_without_credit_the_box_waits_and_then_probes_with_one_event() -> None:
    box = greeted(head=300)
    send(box, 0.0)
    take(box, ack(256, SLOW, credit=0, retry_ms=5_000), 0.1)
    assert box.state is LinkState.HELD
    assert next_batch_at(box, 0.1) == 5.1
    assert send(box, 5.1) == SendBatch(256, 1)
    take(box, ack(257), 5.2)
    assert send(box, 5.2) == SendBatch(257, BATCH_EVENTS_MAX)


def test_without_credit_even_a_resend_waits_and_is_a_probe() -> None:
    box = greeted(head=300)
    send(box, 0.0)
    take(box, ack(0, SLOW, credit=0, retry_ms=30_000), 0.1)
    assert next_batch_at(box, 0.1) == 30.1
    assert send(box, 30.1) == SendBatch(0, 1)


def test_nobody_can_hold_a_box_for_longer_than_ten_minutes() -> None:
    box = greeted(head=1)
    take(box, ack(0, SLOW, credit=0, retry_ms=2**62), 0.0)
    assert next_batch_at(box, 0.0) == PACE.hold_s_max


def test_a_refusal_is_shown_and_tried_again() -> None:
    box = greeted(head=1)
    take(box, ack(0, BAD, credit=0, retry_ms=10_000), 0.0)
    assert box.state is LinkState.REFUSED
    send(box, next_batch_at(box, 0.0))
    take(box, ack(1), 10.1)
    assert box.state is LinkState.CURRENT


@pytest.mark.parametrize("forked", [ack(4), ack(2, hash=hash_at(9)), ack(0, hash=bytes(15) + b"\1"), ack(4, BAD)])
def test_an_acknowledgement_that_does_not_fit_the_own_log_is_a_fork_and_stops_delivery(forked: Ack) -> None:
    box = greeted(head=3)
    assert take(box, forked, 0.1) == []
    assert (box.state, box.acked, box.counters.forks) == (LinkState.FORKED, 0, 1)
    assert batches(box, 1000.0) == []
    assert take(box, ack(3), 1000.0) == []
    assert box.state is LinkState.FORKED


def test_a_forked_box_still_says_hello() -> None:
    box = greeted(head=3)
    take(box, ack(4), 0.1)
    assert box.poll(PACE.hello_s) == [SendHello()]


def test_only_a_higher_epoch_for_this_very_box_fences_it() -> None:
    box = greeted(head=3)
    take(box, ack(0, FENCED, epoch=EPOCH), 0.1)
    take(box, ack(0, FENCED, epoch=EPOCH + 1, box=OTHER), 0.1)
    take(box, ack(0, FENCED, epoch=EPOCH + 1, gen=GEN - 1), 0.1)
    assert box.state is LinkState.SENDING
    take(box, ack(0, FENCED, epoch=EPOCH + 1), 0.1)
    assert box.state is LinkState.FENCED
    assert box.poll(1000.0) == [SendHello()]


def test_a_box_without_a_grant_waits_and_is_not_fenced() -> None:
    box = sender(head=3, epoch=None)
    box.connected(0.0)
    assert box.poll(0.0) == [SendHello()]
    assert box.state is LinkState.WAITING_FOR_GRANT
    take(box, ack(0, FENCED, epoch=EPOCH + 1), 0.1)
    assert box.state is LinkState.WAITING_FOR_GRANT
    box.granted(EPOCH)
    assert send(box, 0.1).after == 0


def test_after_a_reconnection_nothing_that_was_sent_before_is_waited_for() -> None:
    box = greeted(head=3)
    send(box, 0.0)
    box.disconnected()
    assert (box.poll(0.5), box.wake_at(0.5)) == ([], None)
    box.connected(1.0)
    assert box.poll(1.0) == [SendHello(), SendBatch(0, BATCH_EVENTS_MAX)]


def test_a_batch_that_was_read_before_the_news_of_its_entries_is_no_fork() -> None:
    box = greeted(head=1)
    box.batch_sent(2, 0.0)
    assert take(box, ack(2), 0.1) == [SaveAck(GEN, 2, hash_at(2))]
