"""Pick lists and the handhelds' events through the API."""

from uuid import UUID, uuid4

import httpx
import pytest

from edge_node.ports import BOX
from sync_protocol.events import AdjustmentLine, StockAdjusted
from sync_protocol.tasks import ASSIGNED, OFFERED, PICKUP, STARTED, TaskUpdate
from tests.contract.edge_storage.backends import gtin
from tests.unit.edge_node.lan.conftest import Shop
from tests.unit.edge_node.world import LINE_1, LINE_2, TASK, offer


@pytest.fixture
async def started(shop: Shop) -> Shop:
    """A pickup order of two lines whose start the centre has confirmed."""
    lines = (AdjustmentLine("SKU-1", 5), AdjustmentLine("SKU-2", 5))
    await shop.box.store.write(lambda tx: tx.append(StockAdjusted(lines, "received"), BOX))
    order = offer(2, 1, service=PICKUP, collect_code="AB12")
    await shop.tell(TaskUpdate(TASK, 1, OFFERED, order), TaskUpdate(TASK, 2, ASSIGNED))
    return shop


def event(kind: str, **fields: object) -> dict[str, object]:
    return {
        "key": str(uuid4()), "at": "2026-11-21T12:00:00Z", "device": "handheld-1", "user": "carla", "type": kind,
        "wave": str(TASK), **fields,
    }  # fmt: skip


async def send(client: httpx.AsyncClient, *events: object) -> list[dict[str, object]]:
    answer = await client.post("/edge/events", json=list(events))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_order_is_picked_packed_and_handed_over(client: httpx.AsyncClient, started: Shop) -> None:
    assert (await send(client, event("start")))[0]["accepted"]
    await started.tell(TaskUpdate(TASK, 3, STARTED))
    answers = await send(
        client, event("pick", line=str(LINE_1), qty=2, code=gtin(1)),
        event("short", line=str(LINE_2), reason="damaged"), event("pack", packages=1),
        event("handover", collect_code="AB12"),
    )  # fmt: skip
    assert [answer["reason"] for answer in answers] == [""] * 4
    [task] = (await client.get("/v1/tasks", params={"state": "handed_over"})).json()["tasks"]
    assert task["id"] == str(TASK)
    assert (await client.get("/v1/tasks")).json() == {"tasks": []}


async def test_a_pick_list_shows_what_to_do_and_never_the_collect_code(
    client: httpx.AsyncClient, started: Shop
) -> None:
    [task] = (await client.get("/v1/tasks")).json()["tasks"]
    assert (task["state"], task["service"], task["pick_list"]) == ("assigned", "pickup", "queued")
    assert task["code"] == TASK.hex[-12:].upper()
    assert (task["wants_collect_code"], task["send_by"]) == (True, "")
    assert "AB12" not in str(task)
    assert [(line["sku"], line["quantity"], line["remaining"], line["bin"]) for line in task["lines"]] == [
        ("SKU-1", 2, 2, "A-1"), ("SKU-2", 1, 1, "A-2"),
    ]  # fmt: skip
    assert (await client.get(f"/v1/tasks/{TASK}")).json() == task
    assert (await client.get(f"/v1/tasks/{UUID(int=5)}")).status_code == 404


async def test_a_repeated_event_gets_the_same_answer(client: httpx.AsyncClient, started: Shop) -> None:
    begin, early = event("start"), event("pack")
    assert await send(client, begin, early) == await send(client, begin, early)


@pytest.mark.parametrize(
    "bad",
    [
        {"type": "dance"}, {"wave": "4711"}, {"wave": None}, {"qty": "two"}, {"qty": 1.5}, {"line": 5},
        {"device": "x" * 41}, {"device": "a\u0000b"}, {"user": ["carla"]}, {"code": "x" * 300}, {"manual": "perhaps"},
        {"type": "short", "line": None}, {"at": {"a": 1}}, {"packages": 10**30},
    ],
)  # fmt: skip
async def test_an_event_of_the_wrong_form_is_refused_alone(
    client: httpx.AsyncClient, started: Shop, bad: dict[str, object]
) -> None:
    wrong, right = event("pick", line=str(LINE_1)) | bad, event("start")
    answers = await send(client, wrong, right)
    assert (answers[0]["key"], answers[0]["accepted"]) == (wrong["key"], False)
    assert str(answers[0]["reason"]).endswith(".")
    assert answers[1]["accepted"]


@pytest.mark.parametrize(
    "body",
    [{}, "x", [1], [{}], [{"key": 1}], [{"key": ""}], [{"key": "x" * 65}], [{"key": "a\u0000"}],
     [{"key": str(number)} for number in range(101)]],
)  # fmt: skip
async def test_a_request_without_keys_or_too_long_is_refused_as_a_whole(
    client: httpx.AsyncClient, body: object
) -> None:
    answer = await client.post("/edge/events", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["remedy"]


async def test_an_unknown_state_is_refused(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/tasks", params={"state": "lost"})).status_code == 422
