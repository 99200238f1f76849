"""The handheld's pages in a real browser, against the real store and its API."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect

from retail.clock import SystemClock
from sync_protocol.events import HandedOver, Packed, Picked, Shipped, Short, StartAsked
from sync_protocol.tasks import HANDED_OVER, PACKED, PICKUP, SHIPPED, START_ASKED, STARTED
from tests.browser.looks import accessibility_faults, faults_in_both_themes, too_wide_at
from tests.browser.shop import Shop, gtin, line_id, task_id

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.asyncio(loop_scope="session"),
]

OpenPage = Callable[..., Any]

BROKEN_LINE = ("net::ERR_CONNECTION_REFUSED", "net::ERR_EMPTY_RESPONSE", "net::ERR_CONNECTION_RESET")
"""What Chromium writes down when a test stops the store."""


async def opened(open_page: OpenPage, shop: Shop, path: str = "", **options: Any) -> Page:
    """A page of the handheld whose script is ready."""
    page: Page = await open_page(**{"width": 390, "height": 844, **options})
    await page.goto(f"{shop.url}/handheld{path}")
    await expect(page.locator("html[data-ready]")).to_have_count(1)
    return page


async def task_page(open_page: OpenPage, shop: Shop, number: int, **options: Any) -> Page:
    """The page of a task."""
    return await opened(open_page, shop, f"/task/{task_id(number)}", **options)


async def scan(page: Page, code: str) -> None:
    """What a scanner that types does."""
    await page.keyboard.type(code)
    await page.keyboard.press("Enter")


def chip(page: Page) -> Any:
    """What the page says about what it has saved."""
    return expect(page.locator("#sync-words"))


def shout(page: Page) -> Any:
    """The loud error."""
    return expect(page.locator("#shout"))


async def back_online(page: Page) -> None:
    """What the browser says when the network is back: it need not wait for the next round."""
    await page.evaluate("window.dispatchEvent(new Event('online'))")


def line(page: Page, task: int, index: int) -> Any:
    """A line of the list."""
    return page.locator(f"#line-{line_id(task, index)}")


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 5, 6, 7, 8])
async def test_axe_finds_nothing_and_no_page_is_wider_than_its_window(
    open_page: OpenPage, busy_store: Shop, number: int
) -> None:
    page = await (task_page(open_page, busy_store, number) if number else opened(open_page, busy_store))
    assert await faults_in_both_themes(page) == []
    assert await too_wide_at(page) == {}


async def test_dialogs_and_errors_have_no_faults_either(open_page: OpenPage, busy_store: Shop) -> None:
    page = await task_page(open_page, busy_store, 1)
    await page.locator('.is-next [data-do="missing"]').click()
    assert await accessibility_faults(page) == []
    await page.keyboard.press("Escape")
    await scan(page, "4006381333931")
    await shout(page).to_be_visible()
    assert await accessibility_faults(page) == []


async def test_every_target_is_large_enough_for_a_thumb_in_a_glove(open_page: OpenPage, busy_store: Shop) -> None:
    small = """() => [...document.querySelectorAll("a, button, input, select, summary, label.tick")]
        .filter((e) => e.offsetParent && e.id !== "wedge" && !e.closest(".skip, .tick"))
        .map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
        .filter(([_, box]) => box.height < 56 || box.width < 56).map(([html]) => html)"""
    for number in (0, 1, 3, 5, 6):
        page = await (task_page(open_page, busy_store, number) if number else opened(open_page, busy_store))
        assert [html for html in await page.evaluate(small) if 'class="skip"' not in html] == []


async def test_the_list_shows_the_most_urgent_first_and_says_what_each_waits_for(
    open_page: OpenPage, busy_store: Shop
) -> None:
    page = await opened(open_page, busy_store)
    cards = await page.locator(".task").all_inner_texts()
    assert [card.split()[0] for card in cards] == [
        "W-10201", "W-10202", "W-10203", "W-10204", "W-10208", "W-10205", "W-10206", "W-10207"
    ]  # fmt: skip
    for card, words in zip(
        cards,
        ("min late", "Ready to pick", "out of paper", "Waits for the start", "Ready to pick", "Packed",
         "Ready to collect", "Cancelled"), strict=True,
    ):  # fmt: skip
        assert words in card


async def test_a_pick_list_goes_from_scan_to_carrier(open_page: OpenPage, store: Shop) -> None:
    await store.ready(1, [(0, 1), (4, 2)])
    page = await opened(open_page, store)
    await page.locator("#who").click()
    await page.locator("#person-name").fill("Maya")
    await page.keyboard.press("Enter")
    await page.locator(".task").click()
    await expect(page.locator("h1")).to_have_text("W-10201")
    await scan(page, gtin(4))
    await expect(line(page, 1, 1)).to_contain_text("1 of 2")
    await scan(page, gtin(0))
    await scan(page, gtin(4))
    await page.get_by_label("One package more").click()
    await page.get_by_role("button", name="Pack", exact=True).click()
    await expect(page.locator("#carrier")).to_be_visible()
    await page.locator("#carrier").select_option("FedEx")
    await scan(page, "794644790138")
    await expect(page.locator("#tracking")).to_have_value("794644790138")
    await page.get_by_role("button", name="Ship", exact=False).click()
    await expect(page.get_by_text("Nothing is left to do.")).to_be_visible()
    assert (await store.task(1)).state == SHIPPED
    events = await store.events()
    picks = [(event.payload.code, event.payload.manual) for event in events if isinstance(event.payload, Picked)]
    assert picks == [(gtin(4), False), (gtin(0), False), (gtin(4), False)]
    assert [event.payload.packages for event in events if isinstance(event.payload, Packed)] == [2]
    shipped = next(event for event in events if isinstance(event.payload, Shipped))
    assert (shipped.payload.carrier, shipped.payload.tracking, shipped.staff) == ("FedEx", "794644790138", "Maya")  # type: ignore[attr-defined]
    await page.get_by_role("link", name="Next pick list").click()
    await expect(page.get_by_text("Nothing to pick")).to_be_visible()


async def test_none_of_200_scans_is_lost_on_a_slow_handheld(open_page: OpenPage, store: Shop) -> None:
    await store.ready(1, [(0, 100), (4, 60), (6, 40)])
    page = await task_page(open_page, store, 1)
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    codes = [gtin(0), gtin(4), gtin(6), gtin(0), gtin(4)] * 20 + [gtin(0)] * 60 + [gtin(4)] * 20 + [gtin(6)] * 20
    await page.evaluate(
        "shout = document.getElementById('shout'); complaints = [];"
        "new MutationObserver(() => complaints.push(shout.textContent)).observe(shout, { childList: true })"
    )
    clock, at_s = SystemClock(), 0.0
    for code in codes:
        # Each key has the time at which a scanner sends it: this end must not be what pauses in the middle of a code.
        at_s = max(clock.now_ms() / 1000, at_s + 0.02)
        sent = []
        for key in (*code, "Enter"):
            at_s += 0.002
            text = "\r" if key == "Enter" else key
            sent.append({"type": "keyDown", "key": key, "text": text, "timestamp": at_s})
        await asyncio.gather(*(devtools.send("Input.dispatchKeyEvent", key) for key in sent))
    assert len(codes) == 200
    await chip(page).to_have_text("Saved", timeout=30_000)
    assert await page.evaluate("complaints") == []
    task = await store.task(1)
    assert [each.picked for each in task.lines] == [100, 60, 40]
    assert sum(isinstance(event.payload, Picked) for event in await store.events()) == 200
    await expect(page.locator(".foot-note").first).to_have_text("All lines done")


async def test_a_scan_before_the_script_is_there_counts(open_page: OpenPage, store: Shop) -> None:
    await store.ready(1, [(0, 1), (4, 2)])
    page: Page = await open_page(width=390)
    arrived, let_go = asyncio.Event(), asyncio.Event()

    async def slowly(route: Any) -> None:
        arrived.set()
        await let_go.wait()
        await route.continue_()

    await page.route("**/handheld.js", slowly)
    await page.goto(f"{store.url}/handheld/task/{task_id(1)}", wait_until="commit")
    await arrived.wait()
    await scan(page, gtin(0))
    let_go.set()
    await expect(line(page, 1, 0)).to_contain_text("1 of 1")
    await chip(page).to_have_text("Saved")
    assert (await store.task(1)).lines[0].picked == 1


async def test_what_is_done_while_the_box_is_away_waits_survives_and_arrives_once(
    open_page: OpenPage, store: Shop, watch: Any
) -> None:
    watch.expected += BROKEN_LINE
    await store.ready(1, [(0, 1), (4, 2)])
    page = await task_page(open_page, store, 1)
    await store.served.stop()
    await scan(page, gtin(4))
    await scan(page, gtin(0))
    await chip(page).to_have_text("Offline - 2 waiting", timeout=15_000)
    await expect(line(page, 1, 0)).to_contain_text("1 of 1")
    await page.locator(".bar-back").click()
    await shout(page).to_contain_text("The box does not answer")
    await expect(line(page, 1, 0)).to_be_visible()
    other = await page.context.new_page()
    await store.served.start()
    await chip(page).to_have_text("Saved", timeout=20_000)
    await other.goto(f"{store.url}/handheld/task/{task_id(1)}")
    await expect(line(other, 1, 1)).to_contain_text("1 of 2")
    picked = [event.payload.line.line for event in await store.events() if isinstance(event.payload, Picked)]
    assert picked == [line_id(1, 1), line_id(1, 0)]


async def test_an_answer_that_is_lost_on_the_way_doubles_nothing(open_page: OpenPage, store: Shop, watch: Any) -> None:
    watch.expected.append("net::ERR_FAILED")
    await store.ready(1, [(4, 2)])
    page = await task_page(open_page, store, 1)
    lost = 0

    async def lose_the_first_answer(route: Any) -> None:
        nonlocal lost
        if lost:
            await route.continue_()
            return
        await route.fetch()
        lost += 1
        await route.abort()

    await page.route("**/edge/events", lose_the_first_answer)
    await scan(page, gtin(4))
    await chip(page).to_have_text("Offline - 1 waiting")
    await back_online(page)
    await chip(page).to_have_text("Saved")
    assert lost == 1
    assert (await store.task(1)).lines[0].picked == 1
    await expect(line(page, 1, 0)).to_contain_text("1 of 2")


async def test_what_waits_is_still_there_after_the_page_is_opened_anew(
    open_page: OpenPage, store: Shop, watch: Any
) -> None:
    watch.expected.append("net::ERR_FAILED")
    await store.ready(1, [(4, 2)])
    page = await task_page(open_page, store, 1)
    await page.route("**/edge/events", lambda route: route.abort())
    await scan(page, gtin(4))
    await chip(page).to_have_text("Offline - 1 waiting")
    await page.reload()
    await expect(line(page, 1, 0)).to_contain_text("1 of 2")
    assert (await store.task(1)).lines[0].picked == 0
    await page.unroute("**/edge/events")
    await back_online(page)
    await chip(page).to_have_text("Saved")
    assert (await store.task(1)).lines[0].picked == 1


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("4006381333931", "4006381333931 is not on this list"),
        ("4006381333930", "4006381333930 was misread"),
        ("NOT-AN-ITEM", "NOT-AN-ITEM is not on this list"),
    ],
)
async def test_a_wrong_code_is_shouted_and_changes_nothing(
    open_page: OpenPage, store: Shop, code: str, words: str
) -> None:
    await store.ready(1, [(0, 1)])
    page = await task_page(open_page, store, 1)
    await scan(page, code)
    await shout(page).to_contain_text(words)
    assert await page.locator("#shout").get_attribute("role") == "alert"
    await scan(page, gtin(0))
    await shout(page).to_be_hidden()
    await chip(page).to_have_text("Saved")
    assert [event.payload.code for event in await store.events() if isinstance(event.payload, Picked)] == [gtin(0)]


async def test_one_too_many_is_shouted_and_not_sent(open_page: OpenPage, store: Shop) -> None:
    await store.ready(1, [(0, 1), (4, 1)])
    page = await task_page(open_page, store, 1)
    await scan(page, gtin(0))
    await scan(page, gtin(0))
    await shout(page).to_contain_text("Espresso machine, stainless steel is complete")
    await chip(page).to_have_text("Saved")
    assert sum(isinstance(event.payload, Picked) for event in await store.events()) == 1


async def test_keys_of_long_ago_do_not_spoil_a_scan(open_page: OpenPage, store: Shop) -> None:
    await store.ready(1, [(0, 1)])
    page = await task_page(open_page, store, 1)
    await page.keyboard.type("77")
    await page.wait_for_timeout(3_100)
    await scan(page, gtin(0))
    await expect(line(page, 1, 0)).to_contain_text("1 of 1")


@pytest.mark.parametrize("digits", [4, 9])
async def test_a_scan_with_a_pause_in_its_middle_is_lost_but_not_in_silence(
    open_page: OpenPage, store: Shop, digits: int
) -> None:
    await store.ready(1, [(0, 1)])
    page = await task_page(open_page, store, 1)
    await page.keyboard.type(gtin(0)[:digits])
    await page.wait_for_timeout(650)
    await scan(page, gtin(0)[digits:])
    await shout(page).to_contain_text("The scan was interrupted")
    assert (await store.task(1)).lines[0].picked == 0


async def test_the_enter_of_a_scan_never_presses_the_button_that_has_the_focus(
    open_page: OpenPage, store: Shop
) -> None:
    await store.ready(1, [(0, 1), (4, 2)])
    page = await task_page(open_page, store, 1)
    await page.locator('.is-next [data-do="pick"]').focus()
    await scan(page, gtin(4))
    await chip(page).to_have_text("Saved")
    assert [each.picked for each in (await store.task(1)).lines] == [0, 1]
    assert await page.locator('[data-do="undo"]:visible').count() == 0


async def test_a_tap_can_be_undone_for_ten_seconds_and_is_not_sent_before(open_page: OpenPage, store: Shop) -> None:
    await store.ready(1, [(0, 1), (4, 2)])
    page = await task_page(open_page, store, 1)
    await page.locator('.is-next [data-do="pick"]').click()
    await chip(page).to_have_text("1 waiting")
    await expect(line(page, 1, 0)).to_contain_text("Picked by hand")
    await page.locator('[data-do="undo"]:visible').click()
    await chip(page).to_have_text("Saved")
    await expect(line(page, 1, 0)).to_contain_text("0 of 1")
    assert not [event for event in await store.events() if isinstance(event.payload, Picked)]


async def test_packing_sends_taps_at_once_and_before_it(open_page: OpenPage, store: Shop) -> None:
    await store.ready(1, [(0, 1), (4, 2)])
    page = await task_page(open_page, store, 1)
    await page.locator('.is-next [data-do="pick"]').click()
    await page.locator('.is-next [data-do="missing"]').click()
    await page.locator('#missing [value="damaged"]').click()
    await expect(line(page, 1, 1)).to_contain_text("2 missing: damaged")
    await page.get_by_role("button", name="Pack", exact=True).click()
    await expect(page.locator("#carrier")).to_be_visible()
    await chip(page).to_have_text("Saved")
    assert (await store.task(1)).state == PACKED
    payloads = [event.payload for event in await store.events()][-3:]
    assert [type(payload) for payload in payloads] == [Picked, Short, Packed]
    assert payloads[0].manual  # type: ignore[attr-defined]
    assert payloads[1].reason == "damaged"  # type: ignore[attr-defined]


async def test_a_held_tap_goes_out_by_itself_when_its_time_is_over(open_page: OpenPage, store: Shop) -> None:
    await store.ready(1, [(0, 1), (4, 2)])
    page = await open_page(width=390)
    await page.clock.install()
    await page.goto(f"{store.url}/handheld/task/{task_id(1)}")
    await page.locator('.is-next [data-do="pick"]').click()
    await chip(page).to_have_text("1 waiting")
    await page.clock.run_for(9_000)
    assert (await store.task(1)).lines[0].picked == 0
    await page.clock.run_for(2_000)
    await chip(page).to_have_text("Saved")
    assert (await store.task(1)).lines[0].picked == 1


async def test_staff_begin_without_paper_when_the_printer_fails(open_page: OpenPage, busy_store: Shop) -> None:
    page = await task_page(open_page, busy_store, 3)
    await expect(page.get_by_text("out of paper")).to_be_visible()
    await busy_store.offer(20, [(5, 1)], minutes=500)
    await busy_store.assign(20)
    page = await task_page(open_page, busy_store, 20)
    await page.get_by_role("button", name="Start without paper").click()
    await expect(page.get_by_text("Wait for the start")).to_be_visible()
    assert (await busy_store.task(20)).state == START_ASKED
    assert isinstance((await busy_store.events())[-1].payload, StartAsked)
    await scan(page, gtin(5))
    await shout(page).to_contain_text("the start is not confirmed yet")
    await busy_store.confirm(20)
    await expect(page.locator(".is-next")).to_be_visible(timeout=8_000)
    assert (await busy_store.task(20)).state == STARTED
    # Over again, so that other tests find the store as it was.
    await busy_store.withdraw(20, "test")


async def test_only_the_right_code_hands_an_order_over_and_a_wrong_one_needs_somebody(
    open_page: OpenPage, store: Shop
) -> None:
    await store.packed(1, [(1, 1)], service=PICKUP, code="481516")
    page = await task_page(open_page, store, 1)
    assert "481516" not in await page.content()
    await page.locator("#collect").fill("000000")
    await page.get_by_role("button", name="Hand over").click()
    refusal = page.locator(".refusal")
    await expect(refusal).to_contain_text("Needs you")
    await expect(refusal).to_contain_text("This is not the code of the order")
    assert await accessibility_faults(page) == []
    assert (await store.task(1)).state == PACKED
    await refusal.get_by_role("button", name="Seen").click()
    await expect(refusal).to_have_count(0)
    await page.locator("#collect").fill("")
    await page.locator("h1").click()
    await scan(page, "481516")
    await page.get_by_role("button", name="Hand over").click()
    await expect(page.get_by_text("Nothing is left to do.")).to_be_visible()
    assert (await store.task(1)).state == HANDED_OVER
    assert isinstance((await store.events())[-1].payload, HandedOver)


async def test_nothing_is_handed_over_while_nobody_can_check_the_code(
    open_page: OpenPage, store: Shop, watch: Any
) -> None:
    watch.expected += BROKEN_LINE
    await store.packed(1, [(1, 1)], service=PICKUP, code="481516")
    page = await task_page(open_page, store, 1)
    await store.served.stop()
    await page.locator("#collect").fill("481516")
    await page.get_by_role("button", name="Hand over").click()
    await expect(page.get_by_text("Do not hand it over yet")).to_be_visible()
    await store.served.start()
    await back_online(page)
    await expect(page.get_by_text("Nothing is left to do.")).to_be_visible()
    assert (await store.task(1)).state == HANDED_OVER


async def test_goods_with_an_age_limit_need_an_id(open_page: OpenPage, store: Shop) -> None:
    await store.packed(1, [(7, 1)], service=PICKUP, code="481516")
    page = await task_page(open_page, store, 1)
    await page.locator("#collect").fill("481516")
    await page.get_by_role("button", name="Hand over").click()
    assert (await store.task(1)).state == PACKED
    await page.get_by_text("I saw an ID: 18 years or older").click()
    await page.get_by_role("button", name="Hand over").click()
    await expect(page.get_by_text("Nothing is left to do.")).to_be_visible()


async def test_a_new_pick_list_and_a_cancellation_appear_by_themselves(open_page: OpenPage, store: Shop) -> None:
    page = await opened(open_page, store)
    await expect(page.get_by_text("Nothing to pick")).to_be_visible()
    await store.offer(1, [(0, 1)])
    await store.assign(1)
    await store.printed(1)
    await expect(page.locator(".task")).to_contain_text("Waits for the start", timeout=8_000)
    await page.locator(".task").click()
    await store.withdraw(1, "the customer cancelled")
    await expect(page.get_by_text("This order went elsewhere")).to_be_visible(timeout=8_000)


async def test_what_is_being_typed_survives_news_from_the_box(open_page: OpenPage, store: Shop) -> None:
    await store.packed(1, [(0, 1)])
    page = await task_page(open_page, store, 1)
    await page.locator("#tracking").fill("1Z999")
    before = await page.locator("#content").get_attribute("data-tag")
    await store.tell()
    await page.evaluate("document.getElementById('content').dataset.tag = 'older'")
    await expect(page.locator(f"#content[data-tag='{before}']")).to_have_count(1, timeout=8_000)
    await expect(page.locator("#tracking")).to_have_value("1Z999")
    await expect(page.locator("#tracking")).to_be_focused()


async def test_the_printed_list_s_barcode_opens_it(open_page: OpenPage, busy_store: Shop) -> None:
    page = await opened(open_page, busy_store)
    await scan(page, task_id(2).hex[-12:].upper())
    await expect(page.locator("h1")).to_have_text("W-10202")


async def test_a_text_that_an_old_android_commits_at_once_is_a_scan(open_page: OpenPage, store: Shop) -> None:
    await store.ready(1, [(0, 1), (4, 1)])
    page = await task_page(open_page, store, 1, has_touch=True, is_mobile=True)
    await expect(page.locator("#wedge")).to_be_focused()
    await page.keyboard.insert_text(gtin(0))
    await expect(line(page, 1, 0)).to_contain_text("1 of 1")
    await chip(page).to_have_text("Saved")
    assert (await store.task(1)).lines[0].picked == 1
