"""The console in a real browser."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import insert, update

from central.fleet.tables import box
from central.orders.tables import customer_order
from tests.browser.conftest import ConsoleSite
from tests.browser.day.times import uuid_at
from tests.browser.looks import faults_in_both_themes, too_wide_at
from web_kit import words

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.asyncio(loop_scope="session"),
]

OpenPage = Callable[..., Any]

PAGES = (
    "/console",
    "/console?window=hour",
    "/console/needs-you",
    "/console/orders",
    "/console/orders?view=all&order={order}",
    "/console/orders?q=nothing",
    "/console/pick-lists",
    "/console/fleet?view=none",
    "/console/fleet?location=S1002",
    "/console/runs",
    "/console/runs?view=failed",
    "/console/runs/{run}",
    "/console/imports",
    "/console/imports/{report}",
    "/styleguide",
    "/console/no-such-page",
)


def _address(site: ConsoleSite, path: str) -> str:
    return site.url + path.format(order=site.seeded.split_order, report=site.seeded.report_id, run=site.seeded.run_id)


async def _settled(page: Page, address: str) -> None:
    await page.goto(address)
    await expect(page.locator("#live-words")).to_have_text("Live")


@pytest.mark.parametrize("path", PAGES)
async def test_axe_finds_nothing_and_no_page_is_wider_than_its_window(
    open_page: OpenPage, site: ConsoleSite, watch: Any, path: str
) -> None:
    watch.expected.append("404 (Not Found)")
    page = await open_page()
    await _settled(page, _address(site, path))
    assert await faults_in_both_themes(page) == []
    assert await too_wide_at(page) == {}


async def test_the_keyboard_searches_walks_the_rows_opens_and_closes(open_page: OpenPage, site: ConsoleSite) -> None:
    page = await open_page()
    await _settled(page, _address(site, "/console/orders?view=all"))
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("k")
    second = page.locator(".row-link").nth(1)
    await expect(second).to_be_focused()
    code = await second.inner_text()
    await page.keyboard.press("Enter")
    await expect(page.locator("#detail-title")).to_have_text(code)
    assert f"order={code}" in page.url
    await expect(page.locator("#announce")).to_have_text(f"{code} is open")
    await page.keyboard.press("Escape")
    await expect(page.locator("#detail-title")).to_have_count(0)
    await page.keyboard.press("/")
    await expect(page.locator("#search")).to_be_focused()
    await page.keyboard.type(site.seeded.split_order)
    await page.keyboard.press("Enter")
    await expect(page.locator("#detail-title")).to_have_text(site.seeded.split_order)


async def test_single_keys_can_be_switched_off_and_stay_off(open_page: OpenPage, site: ConsoleSite) -> None:
    page = await open_page()
    await _settled(page, _address(site, "/console/orders"))
    await page.keyboard.press("?")
    await expect(page.locator("#help")).to_be_visible()
    await page.locator("#keys-on").uncheck()
    await page.keyboard.press("Escape")
    await page.reload()
    await page.keyboard.press("/")
    await expect(page.locator("#search")).not_to_be_focused()


async def test_the_first_tab_stop_skips_to_the_content(open_page: OpenPage, site: ConsoleSite) -> None:
    page = await open_page()
    await _settled(page, _address(site, "/console"))
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#content")).to_be_focused()


async def test_a_new_order_appears_by_itself_and_leaves_the_focus_where_it_was(
    open_page: OpenPage, site: ConsoleSite
) -> None:
    page = await open_page()
    await _settled(page, _address(site, "/console/orders"))
    row = page.locator(".row-link").nth(2)
    await row.focus()
    focused = await row.get_attribute("id")
    await _add_order(site, "W-LIVE-1")
    await expect(page.locator("#order-W-LIVE-1")).to_be_visible()
    assert await page.evaluate("document.activeElement.id") == focused


async def test_what_was_unfolded_stays_unfolded_when_the_page_refreshes(open_page: OpenPage, site: ConsoleSite) -> None:
    page = await open_page()
    await _settled(page, _address(site, f"/console/orders?order={site.seeded.split_order}"))
    await page.locator("details.twin summary").first.click()
    opened = page.locator("details.twin[open]")
    await expect(opened).to_have_count(1)
    await _add_order(site, "W-LIVE-2")
    await expect(page.locator("#order-W-LIVE-2")).to_be_visible()
    await expect(opened).to_have_count(1)


async def test_a_hello_brings_an_offline_box_back_without_a_click(open_page: OpenPage, site: ConsoleSite) -> None:
    page = await open_page()
    await _settled(page, _address(site, "/console/fleet"))
    row = page.locator("tr", has=page.locator("#place-S0707"))
    await expect(row).to_contain_text("Offline")
    async with site.engine.begin() as conn:
        await conn.execute(update(box).where(box.c.location == "S0707").values(last_hello_at=datetime.now(UTC)))
    await expect(row).not_to_contain_text("Offline")


async def test_without_a_stream_of_events_the_page_says_since_when_it_stands_and_asks_by_itself(
    open_page: OpenPage, site: ConsoleSite, watch: Any
) -> None:
    watch.expected.append("net::ERR_FAILED")
    page = await open_page()
    await page.clock.install()
    await page.route("**/console/events", lambda route: route.abort())
    await page.goto(_address(site, "/console/orders"))
    await expect(page.locator("#live-words")).to_have_text(re.compile(r"As of \d\d:\d\d"))
    await _add_order(site, "W-LIVE-3")
    await page.clock.run_for(15_000)
    await expect(page.locator("#order-W-LIVE-3")).to_be_visible()


async def test_colours_follow_the_system_until_somebody_chooses_and_the_choice_is_there_before_the_first_paint(
    open_page: OpenPage, site: ConsoleSite, watch: Any
) -> None:
    watch.expected.append("net::ERR_FAILED")
    page = await open_page(color_scheme="dark")
    await _settled(page, _address(site, "/console"))
    assert await _background(page) == "rgb(13, 19, 28)"
    await page.locator("[data-theme-toggle]").click()
    assert await _background(page) == "rgb(246, 247, 249)"
    # Without any of its own scripts the page must already be light: only the inline one runs so early.
    await page.route("**/*.js", lambda route: route.abort())
    await page.goto(_address(site, "/console/orders"))
    assert await _background(page) == "rgb(246, 247, 249)"


async def test_times_read_the_same_whether_the_server_or_the_browser_writes_them(
    open_page: OpenPage, site: ConsoleSite
) -> None:
    page = await open_page()
    await _settled(page, _address(site, "/console"))
    source = await page.locator('link[href$="console.css"]').get_attribute("href")
    module = str(source).replace("console.css", "times.js")
    seconds = [0, 1, 2, 59, 60, 3_599, 3_600, 11_100, 86_399, 86_400, 183_600, 900_000, -1, -61]
    told = await page.evaluate(
        "([module, seconds]) => import(module).then((t) => seconds.map((s) => [t.ago(s), t.due(s)]))", [module, seconds]
    )
    assert told == [[words.ago(s), words.due(s)] for s in seconds]


async def _background(page: Page) -> str:
    return str(await page.evaluate("getComputedStyle(document.body).backgroundColor"))


async def _add_order(site: ConsoleSite, code: str) -> None:
    async with site.engine.begin() as conn:
        await conn.execute(
            insert(customer_order).values(
                order_id=uuid_at(2**47, sum(code.encode())), code=code, platform="webshop", platform_order_id=code,
                content_hash=bytes(32), channel="web", service="ship", customer_name="Ada Lindqvist", currency="USD",
                total=100, tax_total=0, shipping_charged=0, placed_ms=1, status="open",
            )
        )  # fmt: skip
