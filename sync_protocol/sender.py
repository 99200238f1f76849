"""The box's end of the uplink, as a state machine without I/O.

It is told what happens (connected, appended, an acknowledgement) and what time it is, and answers what to do next. Its
rules (`docs/protocol.md`, Uplink): one batch in flight; only the centre's acknowledgement moves ``acked``; a resend
starts at ``acked + 1``; an acknowledgement that does not fit the own log is a fork and stops delivery for a person to
see. Losing, doubling or reordering any message costs time, never an event.

Times are seconds of a monotonic clock. Example::

    sender.connected(now)
    for action in sender.poll(now): ...   # SendHello(), SendBatch(after=0, limit=256)
    sender.batch_sent(hi=3, now=now)
    sender.ack_received(ack, own_hash, now)
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sync_protocol.frames import BAD, BATCH_EVENTS_MAX, FENCED, GAP, Ack


@dataclass(frozen=True)
class SenderSettings:
    """Pace of the uplink, in seconds. The defaults are those of `docs/protocol.md`."""

    resend_s_min: float = 2.0
    resend_s_max: float = 60.0
    resend_round_trips: float = 4.0
    hello_s: float = 60.0
    hello_s_min: float = 1.0
    hold_s_max: float = 600.0


class LinkState(StrEnum):
    """What a person should know about the uplink."""

    OFFLINE = "offline"
    WAITING_FOR_GRANT = "waiting for grant"
    CURRENT = "current"
    SENDING = "sending"
    HELD = "held by the centre"
    REFUSED = "refused by the centre"
    FORKED = "forked"
    FENCED = "fenced"


@dataclass(frozen=True)
class SendHello:
    """Publish a hello."""


@dataclass(frozen=True)
class SendBatch:
    """Publish the entries after ``after``, at most ``limit``, and say :meth:`Sender.batch_sent`."""

    after: int
    limit: int


@dataclass(frozen=True)
class SaveAck:
    """Make it durable that generation ``gen`` of the centre holds the log up to ``through``."""

    gen: int
    through: int
    hash: bytes


Action = SendHello | SendBatch | SaveAck


@dataclass
class _Flight:
    after: int
    hi: int
    sent_at: float
    resend_at: float
    resends: int = 0


@dataclass
class SenderCounters:
    """How often something happened since the start; for metrics."""

    batches: int = 0
    resends: int = 0
    acks: int = 0
    gaps: int = 0
    forks: int = 0
    ignored_acks: int = 0


class Sender:
    """Delivers one box's log. ``chance`` answers a number in [0, 1) and spreads resends."""

    def __init__(
        self,
        box: UUID,
        *,
        gen: int,
        epoch: int | None,
        head: int,
        acked: int,
        chance: Callable[[], float],
        settings: SenderSettings | None = None,
    ) -> None:
        self.box, self.gen, self.epoch, self.head, self.acked = box, gen, epoch, head, acked
        self.settings = settings or SenderSettings()
        self.counters = SenderCounters()
        self.round_trip_s = 0.1
        self.credit = BATCH_EVENTS_MAX
        self.stopped: LinkState | None = None
        self._chance = chance
        self._connected = False
        self._flight: _Flight | None = None
        self._hello_at = float("inf")
        self._hello_wish_at = float("inf")
        self._hello_sent_at = float("-inf")
        self._hellos_unanswered = 0
        self._hold_until = float("-inf")
        self._refused = False

    @property
    def state(self) -> LinkState:
        """What to show a person."""
        if self.stopped is not None:
            return self.stopped
        if not self._connected:
            return LinkState.OFFLINE
        if self.epoch is None:
            return LinkState.WAITING_FOR_GRANT
        if self._refused:
            return LinkState.REFUSED
        if self.credit == 0:
            return LinkState.HELD
        return LinkState.SENDING if self.head > self.acked else LinkState.CURRENT

    def granted(self, epoch: int) -> None:
        """The box may speak for its store from now on."""
        self.epoch = epoch

    def connected(self, now: float) -> None:
        """The broker is reached. Nothing that was sent before counts any more."""
        self._connected = True
        self._flight = None
        self._hello_at = now
        self._hellos_unanswered = 0

    def disconnected(self) -> None:
        """The broker is gone."""
        self._connected = False
        self._flight = None

    def appended(self, head: int) -> None:
        """The log has grown to ``head``."""
        self.head = max(self.head, head)

    def want_hello(self, now: float) -> None:
        """A stream lags or something is unclear: say hello soon, but not in a storm."""
        self._hello_wish_at = max(now, self._hello_sent_at + self.settings.hello_s_min)

    def batch_sent(self, hi: int, now: float) -> None:
        """The entries up to ``hi`` are on their way."""
        self.head = max(self.head, hi)  # the log may be read before its news arrives
        resends = self._flight.resends + 1 if self._flight else 0
        self.counters.batches += 1
        self.counters.resends += bool(resends)
        self._flight = _Flight(self.acked, hi, now, now + self._patience(resends), resends)

    def ack_received(self, ack: Ack, own_hash: bytes | None, now: float) -> list[Action]:
        """Take an acknowledgement. ``own_hash`` is the own chain hash at ``ack.through``, None if there is none."""
        if ack.box != self.box or ack.gen < self.gen or self.stopped is LinkState.FORKED:
            self.counters.ignored_acks += 1
            return []
        self.counters.acks += 1
        self._centre_answered(now)
        if ack.status == FENCED:
            if self.epoch is not None and ack.epoch > self.epoch:
                self.stopped = LinkState.FENCED
            return []
        if ack.through > self.head or own_hash != ack.hash:
            self.stopped = LinkState.FORKED
            self.counters.forks += 1
            self._flight = None
            return []
        self.credit = ack.credit
        self._refused = ack.status == BAD
        if ack.credit == 0 or self._refused:
            self._hold_until = now + min(ack.retry_ms / 1000, self.settings.hold_s_max)
        actions: list[Action] = []
        if ack.gen > self.gen or ack.through > self.acked:
            self.gen, self.acked = ack.gen, ack.through
            actions.append(SaveAck(ack.gen, ack.through, ack.hash))
        self.counters.gaps += ack.status == GAP
        if (flight := self._flight) is None:
            return actions
        if ack.through >= flight.hi:
            if flight.resends == 0:
                self.round_trip_s += 0.125 * (now - flight.sent_at - self.round_trip_s)
            self._flight = None
        elif self.acked < flight.after:
            # The centre went back: it cannot take this batch, and waits for an earlier one. A gap that moves nothing is
            # no reason to hurry: the same batch would only be refused again.
            self._flight = None
        return actions

    def poll(self, now: float) -> list[Action]:
        """What to do now. Call again at :meth:`wake_at` and after every other call."""
        if not self._connected:
            return []
        actions: list[Action] = []
        if now >= min(self._hello_at, self._hello_wish_at):
            self._hello_sent_at, self._hello_at = now, now + self._patience(self._hellos_unanswered)
            self._hello_wish_at = float("inf")
            self._hellos_unanswered += 1
            actions.append(SendHello())
        if (due := self._batch_due(now)) is not None and now >= due:
            limit = max(1, min(self.credit, BATCH_EVENTS_MAX))
            actions.append(SendBatch(self.acked, limit))
        return actions

    def wake_at(self, now: float) -> float | None:
        """When :meth:`poll` has something to do next; None: only after another call."""
        if not self._connected:
            return None
        batch_due = self._batch_due(now)
        hello_due = min(self._hello_at, self._hello_wish_at)
        return hello_due if batch_due is None else min(hello_due, batch_due)

    def _patience(self, tries: int) -> float:
        """How long to wait for an answer after ``tries`` unanswered ones, in seconds."""
        wait_s = max(self.settings.resend_s_min, self.settings.resend_round_trips * self.round_trip_s)
        return min(wait_s * 2.0 ** min(tries, 10), self.settings.resend_s_max) * (1 + 0.2 * self._chance())

    def _centre_answered(self, now: float) -> None:
        """The centre is there (again): what waited with long patience waits with the shortest from now on."""
        self._hellos_unanswered = 0
        self._hello_at = max(self._hello_at, self._hello_sent_at + self.settings.hello_s)
        if self._flight is not None and self._flight.resends:
            self._flight.resend_at = min(self._flight.resend_at, now + self.settings.resend_s_min)

    def _batch_due(self, now: float) -> float | None:
        """When the next batch may go: None for never, else a time, perhaps one that has passed."""
        if self.stopped is not None or self.epoch is None or self.head <= self.acked:
            return None
        if self._flight is not None:
            return max(self._flight.resend_at, self._hold_until)
        # At once: while this batch is on its way, the next one gathers by itself.
        return max(now, self._hold_until)
