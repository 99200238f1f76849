"""The sender under any sequence of events: Hypothesis plays the centre, the broker and the clock."""

from uuid import UUID

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sync_protocol.frames import BAD, BATCH_EVENTS_MAX, FENCED, GAP, OK, SLOW, Ack
from sync_protocol.sender import LinkState, SaveAck, SendBatch, Sender, SenderSettings, SendHello

BOX, OTHER = UUID(int=7), UUID(int=8)
EPOCH = 5
PACE = SenderSettings()


def own_hash(seq: int) -> bytes:
    return seq.to_bytes(16, "big")


class SenderMachine(RuleBasedStateMachine):
    """A box with a log of which nothing is known but its length, and everything that may happen to its link."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.connected = False
        self.stored = 0
        self.centre_gen = 1
        self.sent: list[Ack] = []
        self.saved: list[SaveAck] = []
        self.batch_at: float | None = None
        self.hello_at: float | None = None

    @initialize(head=st.integers(0, 300), granted=st.booleans(), chance=st.floats(0, 1, exclude_max=True))
    def begin(self, head: int, granted: bool, chance: float) -> None:
        epoch = EPOCH if granted else None
        self.sender = Sender(BOX, gen=1, epoch=epoch, head=head, acked=0, chance=lambda: chance)

    @rule(count=st.integers(1, 300))
    def append(self, count: int) -> None:
        self.sender.appended(self.sender.head + count)

    @rule()
    def grant(self) -> None:
        self.sender.granted(EPOCH)

    @rule()
    def connect(self) -> None:
        self.sender.connected(self.now)
        self.connected, self.batch_at, self.hello_at = True, None, None

    @rule()
    def disconnect(self) -> None:
        self.sender.disconnected()
        self.connected = False

    @rule()
    def want_hello(self) -> None:
        self.sender.want_hello(self.now)

    @rule(seconds=st.sampled_from([0.0, 0.001, 0.05, 0.5, 2.0, 10.0, 100.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(share=st.floats(0, 1))
    def poll(self, share: float) -> None:
        due_at = self.sender.wake_at(self.now)
        actions = self.sender.poll(self.now)
        assert (due_at is not None and due_at <= self.now) == bool(actions)
        for action in actions:
            match action:
                case SendHello():
                    assert self.hello_at is None or self.now >= self.hello_at + PACE.hello_s_min
                    self.hello_at = self.now
                case SendBatch(after, limit):
                    self._send(after, limit, share)
                case SaveAck():
                    raise AssertionError("poll saves nothing")
        wake_at = self.sender.wake_at(self.now)
        assert wake_at is None or wake_at > self.now, "the driver would spin"
        assert wake_at is None or wake_at <= self.now + max(72.0, PACE.hold_s_max), "the box would sleep for ever"

    def _send(self, after: int, limit: int, share: float) -> None:
        sender = self.sender
        assert sender.stopped is None
        assert sender.epoch is not None
        assert after == sender.acked < sender.head
        assert 1 <= limit <= BATCH_EVENTS_MAX
        assert sender.credit or limit == 1
        assert self.batch_at is None or self.now >= self.batch_at + PACE.resend_s_min, "two batches in flight"
        hi = after + max(1, round(min(limit, sender.head - after) * share))
        sender.batch_sent(hi, self.now)
        self.batch_at = self.now

    @rule(
        take=st.integers(0, 300),
        status=st.sampled_from([OK, GAP, SLOW, BAD]),
        credit=st.sampled_from([0, 1, 50, 256, 10_000]),
        retry_ms=st.sampled_from([0, 100, 5_000, 2**62]),
    )
    def centre_answers(self, take: int, status: str, credit: int, retry_ms: int) -> None:
        """The centre stores some more and says so, in whatever words."""
        self.stored = min(self.stored + take, self.sender.head)
        through = self.stored
        self.sent.append(
            Ack(1, self.centre_gen, EPOCH, BOX, through, own_hash(through), status, credit, retry_ms, 0, 0)
        )
        self._deliver(self.sent[-1])

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def an_old_answer_arrives_again(self, data: st.DataObject) -> None:
        self._deliver(data.draw(st.sampled_from(self.sent)))

    @rule(back=st.integers(0, 300))
    def centre_is_restored(self, back: int) -> None:
        self.centre_gen += 1
        self.stored = max(0, self.stored - back)

    @rule(through=st.integers(0, 1000), status=st.sampled_from([OK, GAP, SLOW, BAD, FENCED]))
    def an_answer_to_somebody_else_arrives(self, through: int, status: str) -> None:
        before = self._state()
        assert not self._deliver(Ack(1, self.centre_gen, EPOCH + 9, OTHER, through, bytes(16), status, 0, 9_999, 0, 0))
        assert self._state() == before

    @precondition(lambda self: self.sent)
    @rule(status=st.sampled_from([OK, FENCED, BAD]))
    def an_answer_of_a_centre_that_was_replaced_arrives(self, status: str) -> None:
        if self.sender.gen == 0:
            return
        before = self._state()
        old = msgspec.structs.replace(self.sent[-1], gen=self.sender.gen - 1, status=status, epoch=EPOCH + 9)
        assert not self._deliver(old)
        assert self._state() == before

    @precondition(lambda self: self.sender.stopped is None)
    @rule(place=st.floats(0, 1.5))
    def a_fork_shows(self, place: float) -> None:
        through = round(self.sender.head * place)
        self._deliver(Ack(1, self.centre_gen, EPOCH, BOX, through, b"another history!", OK))
        assert self.sender.stopped is (LinkState.FORKED if self.centre_gen >= self.sender.gen else None)

    @precondition(lambda self: self.sender.stopped is None)
    @rule(above=st.integers(0, 1))
    def the_box_is_fenced(self, above: int) -> None:
        self._deliver(Ack(1, self.centre_gen, EPOCH + above, BOX, 0, own_hash(0), FENCED))
        fenced = above == 1 and self.sender.epoch is not None
        assert self.sender.stopped is (LinkState.FENCED if fenced else None)

    def _deliver(self, ack: Ack) -> list[SaveAck]:
        """Hand ``ack`` over as the driver does, and check what it may have changed."""
        sender = self.sender
        gen, acked = sender.gen, sender.acked
        own = own_hash(ack.through) if ack.through <= sender.head else None
        saves = sender.ack_received(ack, own, self.now)
        assert all(isinstance(save, SaveAck) for save in saves)
        if (sender.gen, sender.acked) != (gen, acked):
            assert saves == [SaveAck(sender.gen, sender.acked, own_hash(sender.acked))]
            assert (ack.box, ack.gen, ack.through, ack.hash) == (BOX, sender.gen, sender.acked, own)
            assert sender.gen > gen or sender.acked > acked
            self.batch_at = None
        else:
            assert not saves
        if own == ack.hash and ack.box == BOX:
            self.batch_at = None  # an answer of the centre may shorten or end the wait
        self.saved += saves
        return saves

    def _state(self) -> tuple[object, ...]:
        sender = self.sender
        return sender.gen, sender.acked, sender.head, sender.stopped, sender.credit, sender.wake_at(self.now)

    @invariant()
    def acked_never_passes_the_head_and_is_what_was_saved_last(self) -> None:
        if hasattr(self, "sender"):
            assert 0 <= self.sender.acked <= self.sender.head
            if self.saved:
                assert (self.saved[-1].gen, self.saved[-1].through) == (self.sender.gen, self.sender.acked)

    @invariant()
    def somebody_offline_is_shown_as_offline(self) -> None:
        if hasattr(self, "sender") and not self.connected:
            assert self.sender.state in (LinkState.OFFLINE, LinkState.FORKED, LinkState.FENCED)
            assert self.sender.wake_at(self.now) is None


TestSender = SenderMachine.TestCase
TestSender.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
