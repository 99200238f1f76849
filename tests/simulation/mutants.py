"""Deliberate mistakes, each a small patch of the running program: the simulation is worth what it catches of these.

They live here alone; the product has no switch for any of them.
"""

import dataclasses
from collections.abc import Callable, Sequence
from types import SimpleNamespace

import msgspec
import pytest
import zstandard

from sync_protocol import chain, codec, downlink, tasks, topics
from sync_protocol.downlink import Cursor, Fit, Follow, Stale
from sync_protocol.errors import FrameError
from sync_protocol.events import Payload
from sync_protocol.frames import Ack, Entry, EventBatch, StreamDelta
from sync_protocol.receiver import Take, Verdict, Watermark, acknowledge, judge
from sync_protocol.sender import Action, Sender
from tests.simulation import centre as centre_module
from tests.simulation.box import Box
from tests.simulation.centre import Centre
from tests.simulation.disk import Disk, Transaction
from tests.simulation.journal import Journal, apply_stock, body_of
from tests.simulation.store import MemoryStore

Mutant = Callable[[pytest.MonkeyPatch], None]


def acknowledge_before_commit(patch: pytest.MonkeyPatch) -> None:
    def mistaken(self: Centre, store: str, batch: EventBatch, before: Watermark, verdict: Take) -> None:
        ack = acknowledge(
            batch.box, verdict.watermark, gen=self.gen, epoch=1, verdict=verdict, credit=256, retry_ms=0, server_ms=0
        )
        self._say(topics.ack(store), ack)
        self.point("before commit")
        self.store.take(store, batch.box, before, verdict.watermark, verdict.entries)
        self._work()

    patch.setattr(Centre, "_take_and_acknowledge", mistaken)


def no_compare_and_set(patch: pytest.MonkeyPatch) -> None:
    def mistaken(self: MemoryStore, tx: Transaction, store: str, box: object, before: object, after: object) -> bool:
        tx.put("watermark", (store, box), after)
        return True

    patch.setattr(MemoryStore, "_move_watermark", mistaken)


def effects_not_from_the_inserted_events(patch: pytest.MonkeyPatch) -> None:
    insert = MemoryStore._insert_events

    def mistaken(self: MemoryStore, tx: Transaction, store: str, entries: Sequence[Entry]) -> list[Entry]:
        insert(self, tx, store, entries)
        return [entry for entry in entries if tx.get("event", (store, entry.id)) is not None]

    patch.setattr(MemoryStore, "_insert_events", mistaken)


def overlap_not_hashed(patch: pytest.MonkeyPatch) -> None:
    def mistaken(batch: EventBatch, watermark: Watermark) -> Verdict:
        digest = batch.prev_hash
        for seq, event_id, body in batch.entries[: watermark.seq - batch.lo + 1]:
            digest = chain.link(digest, batch.box, seq, event_id, body)
        overlaps = batch.lo <= watermark.seq <= batch.hi
        return judge(batch, Watermark(watermark.seq, digest) if overlaps else watermark)

    patch.setattr(centre_module, "judge", mistaken)


def generation_not_raised_by_a_restore(patch: pytest.MonkeyPatch) -> None:
    def mistaken(self: Centre, last: int) -> None:
        self.disk.tables["meta"]["gen"] = last

    patch.setattr(Centre, "_raise_generation", mistaken)


def acked_moves_by_puback(patch: pytest.MonkeyPatch) -> None:
    sent = Sender.batch_sent

    def mistaken(self: Sender, hi: int, now: float) -> None:
        sent(self, hi, now)
        self.acked, self._flight = hi, None

    patch.setattr(Sender, "batch_sent", mistaken)


def acknowledgements_of_an_older_generation_count(patch: pytest.MonkeyPatch) -> None:
    receive = Sender.ack_received

    def mistaken(self: Sender, ack: Ack, own_hash: bytes | None, now: float) -> list[Action]:
        return receive(self, msgspec.structs.replace(ack, gen=max(ack.gen, self.gen)), own_hash, now)

    patch.setattr(Sender, "ack_received", mistaken)


def acknowledgements_count_without_their_hash(patch: pytest.MonkeyPatch) -> None:
    receive = Sender.ack_received

    def mistaken(self: Sender, ack: Ack, own_hash: bytes | None, now: float) -> list[Action]:
        return receive(self, msgspec.structs.replace(ack, through=min(ack.through, self.head)), ack.hash, now)

    patch.setattr(Sender, "ack_received", mistaken)


def ship_without_a_confirmed_start(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(tasks.BOX_MOVES, tasks.START_ASKED, tasks.BOX_MOVES[tasks.START_ASKED] | {tasks.PACKED})


def gaps_in_a_stream_ignored(patch: pytest.MonkeyPatch) -> None:
    def mistaken(cursor: Cursor, message: StreamDelta) -> Fit:
        if message.to_ver <= cursor.ver:
            return Stale()
        at = dataclasses.replace(cursor, ver=message.to_ver, hash=message.hash)
        return Follow(((at, message.deltas[-1]),))

    patch.setattr(downlink, "fit", mistaken)


def cursor_saved_before_its_delta(patch: pytest.MonkeyPatch) -> None:
    def mistaken(self: Box, stream: str, cursor: Cursor, encoded: bytes) -> None:
        early = self.journal.disk.begin()
        early.put("cursor", stream, cursor)
        early.commit()
        tx = self.journal.disk.begin()
        self._change(tx, codec.decode_delta(stream, encoded))
        self._commit(tx)

    patch.setattr(Box, "_apply", mistaken)


def stock_changed_outside_the_transaction_of_the_log(patch: pytest.MonkeyPatch) -> None:
    def mistaken(self: Journal, tx: Transaction, event_id: object, payload: Payload) -> None:
        body = body_of(payload)
        early = self.disk.begin()
        apply_stock(early, body)
        early.commit()
        self.append_body(tx, event_id, body)  # type: ignore[arg-type]

    patch.setattr(Journal, "append", mistaken)


def commits_lost_by_a_power_cut(patch: pytest.MonkeyPatch) -> None:
    """What SQLite does with ``synchronous=NORMAL``: the last transactions are gone."""
    commit, died = Transaction.commit, Box.died
    before: dict[int, dict[str, dict[object, object]]] = {}

    def mistaken(self: Transaction) -> None:
        before[id(self._disk)] = Disk.image(self._disk).tables
        commit(self)

    def power_cut(self: Box) -> None:
        died(self)
        self.journal.disk.tables = before.get(id(self.journal.disk), self.journal.disk.tables)

    patch.setattr(Transaction, "commit", mistaken)
    patch.setattr(Box, "died", power_cut)


def messages_without_a_checksum(patch: pytest.MonkeyPatch) -> None:
    def unpack(payload: bytes) -> bytes:
        try:
            return zstandard.ZstdDecompressor().decompress(payload, max_output_size=1 << 20)
        except zstandard.ZstdError as error:
            raise FrameError("not zstd") from error

    def compressor(level: int, write_checksum: bool) -> zstandard.ZstdCompressor:
        return zstandard.ZstdCompressor(level=level, write_checksum=not write_checksum)

    patch.setattr(codec, "zstandard", SimpleNamespace(ZstdCompressor=compressor))
    patch.setattr(codec, "_unpack", unpack)


MUTANTS: tuple[Mutant, ...] = (
    acknowledge_before_commit,
    no_compare_and_set,
    effects_not_from_the_inserted_events,
    overlap_not_hashed,
    generation_not_raised_by_a_restore,
    acked_moves_by_puback,
    acknowledgements_of_an_older_generation_count,
    acknowledgements_count_without_their_hash,
    ship_without_a_confirmed_start,
    gaps_in_a_stream_ignored,
    cursor_saved_before_its_delta,
    stock_changed_outside_the_transaction_of_the_log,
    commits_lost_by_a_power_cut,
    messages_without_a_checksum,
)
