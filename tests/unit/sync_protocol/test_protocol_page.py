"""docs/protocol.md says what the code does: every table in it is compared, both ways."""

import dataclasses
import importlib
import pkgutil
import re
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

import sync_protocol
from sync_protocol import chain, effects, events, frames, streams, tasks, topics
from sync_protocol.body import decode_body
from sync_protocol.events import PAYLOADS, Event, StockAdjusted
from sync_protocol.sender import LinkState, SenderSettings

PAGE = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    """The text under a heading, up to the next one of any level."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert found, f"there is no heading {heading!r}"
    return found[1]


def rows(heading: str, *, table: int = 0) -> list[list[str]]:
    """The cells of a table under a heading, without its head."""
    tables = re.findall(r"(?:^\|.*\|\n)+", section(heading), re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in tables[table].splitlines()[2:]]


def words(cell: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def column(heading: str, *, table: int = 0) -> list[str]:
    """The one word in backticks in each first cell."""
    return [words(row[0])[0] for row in rows(heading, table=table)]


def fields_of(record: type[msgspec.Struct]) -> list[str]:
    return [field.name for field in msgspec.structs.fields(record)]


def structs_in(module: object) -> dict[str, type[msgspec.Struct]]:
    return {
        name: kind
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind.__module__ == module.__name__  # type: ignore[attr-defined]
    }


def constants(suffix: str) -> dict[str, int]:
    """All integer constants of the package whose names end like that."""
    found: dict[str, int] = {}
    for module in pkgutil.iter_modules(sync_protocol.__path__):
        names = vars(importlib.import_module(f"sync_protocol.{module.name}"))
        found |= {name: value for name, value in names.items() if name.endswith(suffix) and isinstance(value, int)}
    return {name: value for name, value in found.items() if not name.startswith("_")}


def test_every_limit_is_stated_with_its_value() -> None:
    stated = {words(name)[0]: int(value) for name, value, _ in rows("Limits")}
    assert stated == {name: value for name, value in constants("_MAX").items() if name != "INT_MAX"}
    assert "from -(2^63 - 1) to 2^63 - 1" in section("Values")
    assert constants("INT_MAX") == {"INT_MAX": 2**63 - 1}


def test_every_setting_of_the_pace_is_stated_with_its_value() -> None:
    stated = {words(name)[0]: float(value) for name, value, _ in rows("Uplink, the box")}
    assert stated == {name: float(value) for name, value in dataclasses.asdict(SenderSettings()).items()}


def test_every_kind_of_event_is_stated_with_its_fields() -> None:
    stated = {}
    for kind, fields in rows("Kinds"):
        stated[words(kind)[0]] = words(fields)
    assert stated == {kind: fields_of(payload) for kind, payload in PAYLOADS.items()}


@pytest.mark.parametrize(
    ("heading", "module", "others"),
    [
        ("Records inside events", events, {"Event", "Payload", *(payload.__name__ for payload in PAYLOADS.values())}),
        ("Records of streams", streams, set()),
    ],
    ids=["events", "streams"],
)
def test_every_record_is_stated_with_its_fields(heading: str, module: object, others: set[str]) -> None:
    exist = {name: fields_of(kind) for name, kind in structs_in(module).items() if name not in others}
    if module is streams:
        exist |= {name: fields_of(kind) for name, kind in structs_in(tasks).items()}
    without_values = {"ship", "pickup", "offered"}
    stated = {
        words(name)[0]: [word for word in words(cell) if word not in without_values] for name, cell in rows(heading)
    }
    assert stated == exist


def test_every_message_is_stated_field_by_field() -> None:
    for frame in frames.Frame.__subclasses__():
        stated = rows(frame.__name__)
        assert [int(number) for number, _, _ in stated] == list(range(len(stated)))
        assert [words(name)[0] for _, name, _ in stated] == fields_of(frame)
        for (_, name, _), field in zip(stated, msgspec.structs.fields(frame), strict=True):
            assert name.startswith("**") == field.required, f"{frame.__name__}.{field.name}"


def test_defaults_of_message_fields_are_stated() -> None:
    for frame in frames.Frame.__subclasses__():
        for (_, _, says), field in zip(rows(frame.__name__), msgspec.structs.fields(frame), strict=True):
            if not field.required:
                default = "empty" if field.default == b"" else str(field.default)
                assert says.startswith(default), f"{frame.__name__}.{field.name}"


def test_every_status_and_every_state_of_the_link_is_stated() -> None:
    assert sorted(column("Ack", table=1)) == sorted(frames.STATUSES)
    listed = re.search(r"What a person sees is one of: (.*?)\.\n", section("Uplink, the box"), re.DOTALL)
    assert listed
    assert words(listed[1]) == [state.value for state in LinkState]


def test_every_reason_is_stated() -> None:
    stated = {words(kind)[0]: tuple(words(reasons)) for kind, reasons in rows("Reasons")}
    assert stated == {
        "stock.adjusted": events.ADJUSTMENT_REASONS,
        "offer.rejected": events.REJECT_REASONS,
        "pick.short": events.SHORT_REASONS,
    }


def test_every_effect_on_stock_is_stated() -> None:
    stated = {(what, words(source)[0], words(target)[0]) for what, source, target in rows("Effects on stock")}
    assert {state for _, source, target in stated for state in (source, target)} == set(effects.STATES)
    for reason in events.ADJUSTMENT_REASONS:
        [move] = effects.stock_moves(_adjusted(reason))
        [row] = [row for row in stated if "stock.adjusted" in row[0] and reason in row[0]]
        assert row[1:] == (move.source, move.target)
    for reason, fate in effects._SHORT_TARGET.items():
        assert (f"`pick.short` {reason}", effects.RESERVED, fate) in stated
    moving = {kind for what, _, _ in stated for kind in words(what)}
    still = {"log.opened", "offer.rejected", "start.asked", "pick.picked", "pick.packed"}
    assert moving == set(PAYLOADS) - still
    assert all(not effects.stock_moves(_any_event(kind)) for kind in still)


def _adjusted(reason: str) -> Event:
    return Event(StockAdjusted((events.AdjustmentLine("S", 1),), reason), 0, 0, "", "", "2026-11-21")


def _any_event(kind: str) -> Event:
    task, line = UUID(int=1), events.TaskLine(UUID(int=2), "S", 1)
    payloads = {
        "log.opened": events.LogOpened(None, 0, b""),
        "offer.rejected": events.OfferRejected(task, 1, "closed", (events.MissingLine(task, "S", 1, 0),)),
        "start.asked": events.StartAsked(task, 1),
        "pick.picked": events.Picked(task, line, "4"),
        "pick.packed": events.Packed(task, 1),
    }
    return Event(payloads[kind], 0, 0, "", "", "2026-11-21")


@pytest.mark.parametrize(
    ("heading", "moves"),
    [("Moves at the box", tasks.BOX_MOVES), ("Moves at the centre", tasks.CENTRE_MOVES)],
    ids=["box", "centre"],
)
def test_every_move_of_a_task_is_stated(heading: str, moves: Mapping[str, frozenset[str]]) -> None:
    assert {words(state)[0]: frozenset(words(targets)) for state, targets in rows(heading)} == moves


def test_every_stream_is_stated_with_its_scope_and_its_delta() -> None:
    stated = {words(name)[0]: (scope, words(delta)[0]) for name, scope, delta, _ in rows("Streams")}
    assert stated == {
        stream: ("zone" if stream in streams.ZONE_STREAMS else "store", streams.DELTAS[stream].__name__)
        for stream in streams.STREAMS
    }


def test_every_topic_is_stated_and_built_so() -> None:
    def built(pattern: str) -> str:
        return pattern.format(bucket=topics.bucket("S0412"), store="S0412", zone="all", stream="price")

    stated = {built(words(topic)[0]) for topic, *_ in rows("Topics")}
    channels = (topics.UP_HELLO, topics.UP_EVENTS, topics.UP_WILL)
    assert stated == {
        *(topics.uplink("S0412", channel) for channel in channels),
        topics.ack("S0412"),
        topics.store_delta("S0412", "price"),
        topics.store_head("S0412", "price"),
        topics.zone_delta("all", "price"),
        topics.zone_head("all", "price"),
    }
    text = section("Topics")
    assert f"`S0412` has\n`{topics.bucket('S0412')}`" in text
    assert f"`{topics.ALL_UPLINKS}`" in text
    subscriptions = [built(word) for word in words(text) if word.endswith("/#") and "{" in word]
    assert subscriptions == list(topics.subscriptions("S0412", "all"))


def test_the_example_of_the_chain_is_right() -> None:
    example = {what: bytes.fromhex(words(value)[0]) for what, value in rows("Logs", table=1)}
    box, entry = UUID(bytes=example["box"]), UUID(bytes=example["id of entry 1"])
    body = example["body of entry 1"]
    assert isinstance(decode_body(body).payload, StockAdjusted)
    assert chain.seed(box) == example["seed"]
    assert chain.link(example["seed"], box, 1, entry, body) == example["hash at 1"]


def test_versions_and_sizes_in_the_text_are_those_of_the_code() -> None:
    assert f"`version` is {events.BODY_VERSION}." in section("Logs")
    assert all(rows(name)[0][2] == str(frames.FRAME_VERSION) for name in ("Hello", "EventBatch", "Ack"))
    assert f"Every hash has {chain.HASH_BYTES} bytes." in section("Messages")
    assert f"modulo {topics.BUCKETS}" in section("Topics")


def test_a_table_of_the_page_that_nobody_compares_is_noticed() -> None:
    compared = {
        "Logs": 2, "Kinds": 1, "Records inside events": 1, "Reasons": 1, "Effects on stock": 1, "Topics": 1,
        "Ack": 2, "Limits": 1, "Uplink, the box": 1, "Uplink, the centre": 1, "Moves at the box": 1,
        "Moves at the centre": 1, "Streams": 1, "Records of streams": 1,
    }  # fmt: skip
    compared |= {frame.__name__: compared.get(frame.__name__, 1) for frame in frames.Frame.__subclasses__()}
    found = {}
    for heading in re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE):
        if tables := re.findall(r"(?:^\|.*\|\n)+", section(heading), re.MULTILINE):
            found[heading] = len(tables)
    assert found == compared
