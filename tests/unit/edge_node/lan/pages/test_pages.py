"""The handheld's pages as the box makes them; how they behave in a browser is tested in tests/browser."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_node.lan.app import create_app
from edge_node.lan.pages import handheld_pages
from edge_node.lan.pages.models import LABELS, walk_order
from edge_node.lan.tasks import STATES
from edge_node.peripherals import picklist
from edge_node.ports import BOX, PickLine, PrintState
from retail.errors import Retryable
from sync_protocol.events import AdjustmentLine, StockAdjusted
from sync_protocol.tasks import ASSIGNED, OFFERED, PICKUP, WITHDRAWN, TaskUpdate
from tests.unit.edge_node.lan.conftest import Shop
from tests.unit.edge_node.world import TASK, offer


@pytest.fixture
async def pages(shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a box with pages and one assigned pickup order."""
    lines = (AdjustmentLine("SKU-1", 5), AdjustmentLine("SKU-2", 5))
    await shop.box.store.write(lambda tx: tx.append(StockAdjusted(lines, "received"), BOX))
    order = offer(2, 1, service=PICKUP, collect_code="AB12")
    await shop.tell(TaskUpdate(TASK, 1, OFFERED, order), TaskUpdate(TASK, 2, ASSIGNED))
    transport = httpx.ASGITransport(create_app(shop.box, [handheld_pages(["Bike courier"])]))
    async with httpx.AsyncClient(transport=transport, base_url="http://box") as client:
        yield client


async def _print_state(shop: Shop, state: PrintState, note: str = "") -> None:
    def work(tx: object) -> None:
        job = tx.print_jobs(subject=str(TASK))[-1]  # type: ignore[attr-defined]
        tx.save_print_job(replace(job, state=state, note=note))  # type: ignore[attr-defined]

    await shop.box.store.write(work)


async def test_the_page_holds_everything_to_pick_by_and_never_the_collect_code(pages: httpx.AsyncClient) -> None:
    response = await pages.get(f"/handheld/task/{TASK}")
    assert response.status_code == 200
    assert "default-src 'none'" in response.headers["content-security-policy"]
    for words in ("ORD-1", "for Ann", "A-1", "Article 1", "SKU-1", "Start without paper", "Collect code"):
        assert words in response.text
    assert "AB12" not in response.text


async def test_a_page_that_has_not_changed_is_not_sent_again(pages: httpx.AsyncClient, shop: Shop) -> None:
    for path in ("/handheld", f"/handheld/task/{TASK}"):
        whole = await pages.get(path)
        same = await pages.get(f"{path}?part=1", headers={"If-None-Match": whole.headers["etag"]})
        assert (same.status_code, same.text) == (304, "")
        shop.box.clock.advance(60_000)  # type: ignore[attr-defined]
        again = await pages.get(f"{path}?part=1", headers={"If-None-Match": whole.headers["etag"]})
        assert again.status_code == 304
        assert int(again.headers["x-now"]) == int(same.headers["x-now"]) + 60_000
    await _print_state(shop, PrintState.FAILED, "out of paper")
    changed = await pages.get("/handheld?part=1", headers={"If-None-Match": whole.headers["etag"]})
    assert changed.status_code == 200
    assert "out of paper" in changed.text
    assert "<html" not in changed.text


@pytest.mark.parametrize(
    ("state", "note", "words"),
    [
        (PrintState.QUEUED, "", "is being printed"),
        (PrintState.SENT, "", "is being printed"),
        (PrintState.QUEUED, "the cover is open", "not printed: the cover is open"),
        (PrintState.UNCERTAIN, "", "not printed: the printer does not confirm it"),
        (PrintState.FAILED, "out of paper", "not printed: out of paper"),
    ],
)
async def test_a_list_that_is_not_on_paper_says_why_and_lets_staff_begin(
    pages: httpx.AsyncClient, shop: Shop, state: PrintState, note: str, words: str
) -> None:
    await _print_state(shop, state, note)
    html = (await pages.get(f"/handheld/task/{TASK}")).text
    assert words in html
    assert "Start without paper" in html


async def test_a_list_on_paper_that_is_withdrawn_is_shown_as_cancelled_for_a_while(
    pages: httpx.AsyncClient, shop: Shop
) -> None:
    await _print_state(shop, PrintState.PROVED)
    await shop.tell(TaskUpdate(TASK, 3, WITHDRAWN, reason="the customer cancelled"))
    assert "Cancelled: put back" in (await pages.get("/handheld")).text
    assert "the customer cancelled" in (await pages.get(f"/handheld/task/{TASK}")).text
    shop.box.clock.advance(5 * 60 * 60 * 1000)  # type: ignore[attr-defined]
    assert "Cancelled" not in (await pages.get("/handheld")).text


async def test_names_from_outside_are_text(shop: Shop, pages: httpx.AsyncClient) -> None:
    evil = "<img src=x onerror=alert(1)>\"'"
    lines = (AdjustmentLine("SKU-1", 5),)
    await shop.box.store.write(lambda tx: tx.append(StockAdjusted(lines, "received"), BOX))
    sheet = offer(1, order_code=evil)
    line = type(sheet.lines[0])(UUID(int=7), "SKU-1", "", evil, 1, bin=evil)
    other = UUID(int=2_000)
    await shop.tell(TaskUpdate(other, 1, OFFERED, type(sheet)(evil, "ship", (line,), evil, evil, 0)))
    for path in ("/handheld", f"/handheld/task/{other}"):
        html = (await pages.get(path)).text
        assert "<img" not in html
        assert "&lt;img src=x onerror=alert(1)&gt;&#34;&#39;" in html


async def test_a_list_to_be_sent_says_by_which_service(shop: Shop, pages: httpx.AsyncClient) -> None:
    await shop.box.store.write(lambda tx: tx.append(StockAdjusted((AdjustmentLine("SKU-1", 5),), "received"), BOX))
    sheet = msgspec.structs.replace(offer(1, order_code="ORD-2"), send_by="express")
    other = UUID(int=2_000)
    await shop.tell(TaskUpdate(other, 1, OFFERED, sheet))
    html = (await pages.get(f"/handheld/task/{other}")).text
    assert "Ship by express" in html and "Give it to the carrier: express" in html
    assert (await pages.get("/handheld")).text.count("by express") == 1


async def test_an_unknown_list_and_a_busy_box_are_said_on_a_page(
    pages: httpx.AsyncClient, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (f"/handheld/task/{UUID(int=9)}", "/handheld/task/nonsense"):
        unknown = await pages.get(path)
        assert unknown.status_code == 404
        assert "There is no such pick list" in unknown.text

    async def busy(_question: object) -> None:
        raise Retryable("too many ask at once")

    monkeypatch.setattr(shop.box.store, "read", busy)
    answer = await pages.get("/handheld")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "too many ask at once" in answer.text


async def test_the_carriers_are_those_of_the_store(pages: httpx.AsyncClient) -> None:
    html = (await pages.get(f"/handheld/task/{TASK}")).text
    assert "Bike courier" not in html  # a pickup has no carrier
    assert "Hand over" in html


def test_every_state_that_the_box_knows_has_a_word() -> None:
    assert set(STATES) - {"rejected"} == set(LABELS)


BINS = st.one_of(st.just(""), st.from_regex(r"[A-C]-[0-9]{1,3}(-[0-9]{1,2})?", fullmatch=True), st.text(max_size=5))


@given(st.lists(BINS, max_size=8))
def test_the_walk_is_the_one_of_the_printed_list(bins: list[str]) -> None:
    lines = [PickLine(UUID(int=n), "S", "", f"name {n}", 1, "each", place) for n, place in enumerate(bins)]
    ours = [line.name for line in sorted(lines, key=walk_order)]
    papers = [line.name for line in sorted(lines, key=picklist._walk_order)]  # type: ignore[arg-type]
    assert ours == papers


def test_bins_are_walked_by_the_value_of_their_numbers() -> None:
    lines = [
        PickLine(UUID(int=n), "S", "", "n", 1, "each", place) for n, place in enumerate(("A-10", "", "A-2", "B-1"))
    ]
    assert [line.bin for line in sorted(lines, key=walk_order)] == ["A-2", "A-10", "B-1", ""]
