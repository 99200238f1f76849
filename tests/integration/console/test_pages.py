"""Every page says what is so, and says so too when nothing is, or when something fails."""

import re
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from central.console import frame
from central.console.http import console
from central.fleet.tables import location
from central.orders.tables import customer_order, decision, task
from central.platform.engine import make_engine
from central.platform.paging import encode_cursor
from central.sourcing import rule_sets
from central.sourcing.tables import sourcing_run
from retail.clock import SystemClock
from routing.rules.document import parse
from tests.browser.day import Seeded
from tests.integration.central import sourced
from tests.integration.console.conftest import Site, opened
from web_kit.assets import AssetMissing

EMPTY_PAGES = {
    "/console": "Nothing needs you",
    "/console/fleet": "No locations here",
    "/console/fleet?view=attention": "Every box is healthy",
    "/console/fleet?q=nowhere": "No location matches nowhere",
    "/console/orders": "No open orders",
    "/console/orders?q=ABCD": "No order begins with ABCD",
    "/console/orders?view=late": "No order is in this state now",
    "/console/pick-lists": "No pick lists here",
    "/console/pick-lists?view=late": "No pick list is late",
    "/console/needs-you": "Nothing needs you",
    "/console/imports": "Nothing was imported yet",
    "/console/runs": "No runs yet",
    "/console/runs?view=failed": "No run has failed",
}


async def test_a_page_without_rows_says_so_and_what_to_do(site: Site) -> None:
    for path, words in EMPTY_PAGES.items():
        html = await site.page(path)
        assert words in html, path
        if "empty-title" in html and "central import" not in html:
            assert re.search(r'class="empty".*?class="button"', html, flags=re.DOTALL), path


async def test_the_root_leads_to_the_overview(site: Site) -> None:
    response = await site.client.get("/")
    assert response.status_code == 307
    assert response.headers["location"] == "/console"


async def test_the_overview_lists_every_exception_with_a_link_to_its_rows(site: Site, day: Seeded) -> None:
    html = await site.page("/console")
    rows = dict(re.findall(r'<a href="([^"]+)">(\d+ [^<]+)</a>', html))
    assert rows["/console/fleet?view=attention"]
    assert rows["/console/needs-you#incidents"] == "1 incident"
    assert rows["/console/needs-you#parked"] == "1 parked message"
    assert rows["/console/needs-you#dead-letters"] == "1 dead letter"
    assert rows["/console/orders?view=attention"] == "2 orders"
    assert "1 box offline" in html and "1 box degraded" in html
    assert html.index("Needs you") < html.index("Open orders")


async def test_every_figure_of_the_overview_is_the_number_of_rows_behind_its_link(site: Site, day: Seeded) -> None:
    html = await site.page("/console")
    for label, path in (("Open orders", "/console/orders"), ("Late orders", "/console/orders?view=late")):
        figure = re.search(rf'href="{re.escape(path)}">\s*<span class="kpi-label">{label}</span>\s*'
                           r'<span class="kpi-value">(\d+)</span>', html)  # fmt: skip
        assert figure is not None
        assert int(figure.group(1)) == _rows(await site.page(path))


async def test_a_location_without_a_box_or_with_a_silent_one_says_why_it_takes_no_orders(
    site: Site, day: Seeded
) -> None:
    html = await site.page("/console/fleet")
    assert [re.search(rf'id="place-{key}".*?</tr>', html, flags=re.DOTALL) is not None
            for key in ("S0412", "S0707", "S1002", "W0001")] == [True] * 4  # fmt: skip
    words = {key: _row(html, f"place-{key}") for key in ("S0412", "S0707", "S1002")}
    assert "Healthy" in words["S0412"] and "Takes orders" in words["S0412"]
    assert "Offline" in words["S0707"] and "its box is silent" in words["S0707"] and "16" in words["S0707"]
    assert "Degraded" in words["S1002"] and "stock count until Monday" in words["S1002"]
    assert "a fork" in words["S1002"]
    unknown = await site.page("/console/fleet?view=all&q=S2002")
    assert "its time zone is not known" in unknown
    assert "no box speaks for it" in await site.page("/console/fleet?view=none")


async def test_the_fleet_shows_trouble_first(site: Site, day: Seeded) -> None:
    html = await site.page("/console/fleet?view=all")
    assert re.findall(r'id="place-(\w+)"', html)[:4] == ["S0707", "S1002", "S0412", "W0001"]


async def test_paging_shows_every_location_once(site: Site, wide_day: Seeded) -> None:
    seen: list[str] = []
    path = "/console/fleet?view=all"
    pages = 0
    while path:
        html = await site.page(path)
        seen += re.findall(r'id="place-(\w+)"', html)
        following = re.search(r'href="([^"]+)"[^>]*rel="next"', html)
        path = following.group(1).replace("&amp;", "&") if following else ""
        pages += 1
    assert len(seen) == len(set(seen)) == wide_day.places == 1_566
    assert pages == 16


async def test_paging_shows_every_order_once_the_newest_first(site: Site, day: Seeded) -> None:
    seen: list[str] = []
    path = "/console/orders?view=all"
    while path:
        html = await site.page(path)
        seen += re.findall(r'id="order-([\w-]+)"', html)
        following = re.search(r'href="([^"]+)"[^>]*rel="next"', html)
        path = following.group(1).replace("&amp;", "&") if following else ""
    async with site.engine.connect() as conn:
        expected = await conn.execute(select(customer_order.c.code).order_by(customer_order.c.received_at.desc()))
        assert seen == list(expected.scalars())


async def test_pick_lists_come_by_urgency_and_packed_ones_last(site: Site, day: Seeded) -> None:
    html = await site.page("/console/pick-lists")
    rows = re.findall(r"<tr>(<td.*?)</tr>", html, flags=re.DOTALL)
    packed = ["Packed" in row or "Ready to collect" in row for row in rows]
    assert packed == sorted(packed)
    assert any(packed) and not all(packed)
    times = [re.search(r'datetime="([^"]+)" data-time="due"', row) for row in rows]
    shown = [found.group(1) for found in times if found]
    assert shown == sorted(shown)
    assert "late" in rows[0]


async def test_the_figure_on_a_tab_is_the_number_of_rows_behind_it(site: Site, day: Seeded) -> None:
    for view in ("late", "waiting", "picking", "packed"):
        html = await site.page(f"/console/pick-lists?view={view}")
        tab = re.search(rf'href="[^"]*view={view}[^"]*"[^>]*>[^<]*<span[^>]*>(\d+)</span>', html)
        assert tab is not None
        assert int(tab.group(1)) == _rows(html) > 0, view


async def test_an_order_shows_why_here_its_lines_its_pick_lists_and_what_happened(site: Site, day: Seeded) -> None:
    html = await site.page(f"/console/orders?order={day.split_order}")
    assert "Bloomington Mall ships 1 of 2 lines and Columbus warehouse ships 1 of 2 lines" in html
    for words in ("Cost by term", "Shipping", "Runner-up", "Cheaper, but refused", "From 60 locations to",
                  "default-1", "Start confirmed", "Accepted and assigned", "Received"):  # fmt: skip
        assert words in html, words
    assert html.index("Why here") < html.index("<h3>Order</h3>")
    assert "2 lines" in html


async def test_an_order_shows_by_which_service_a_location_was_asked_to_send_it(site: Site, day: Seeded) -> None:
    path = f"/console/orders?order={day.split_order}"
    assert "send by:" not in await site.page(path)
    async with site.engine.begin() as conn:
        await conn.execute(update(task).values(send_by="express"))
    assert "send by: express" in await site.page(path)


async def test_an_order_is_found_however_its_code_is_typed(site: Site, day: Seeded) -> None:
    code = day.split_order
    async with site.engine.connect() as conn:
        query = select(customer_order.c.platform_order_id).where(customer_order.c.code == code)
        shop = (await conn.execute(query)).scalar_one()
    for spelling in (code, code.lower(), code.replace("-", ""), code[:7], f" {code} ", shop):
        html = await site.page(f"/console/orders?view=all&q={spelling}")
        assert f'id="detail-title" class="mono">{code}<' in html, spelling


async def test_a_percent_sign_in_a_search_is_a_percent_sign(site: Site, day: Seeded) -> None:
    assert "No order begins with %" in await site.page("/console/orders?view=all&q=%25")
    assert "No location matches _" in await site.page("/console/fleet?view=all&q=_")


async def test_everything_that_needs_a_person_has_a_remedy(site: Site, day: Seeded) -> None:
    html = await site.page("/console/needs-you")
    findings = re.findall(r'<div class="finding">(.*?)</p>\s*</div>', html, flags=re.DOTALL)
    assert len(findings) == 5
    for finding in findings:
        assert re.search(r'class="remedy">.*?<span>\w', finding, flags=re.DOTALL)
    badge = re.search(r'class="nav-badge"[^>]*>(\d+)<', html)
    assert badge is not None and int(badge.group(1)) == 5


async def test_a_cleaning_report_counts_and_filters_its_findings(site: Site, day: Seeded) -> None:
    html = await site.page(f"/console/imports/{day.report_id}?action=refused")
    assert _rows(html) == 18
    assert "Write 10:00-21:00" in html and "Refused" in html
    everything = await site.page(f"/console/imports/{day.report_id}")
    assert _rows(everything) == 100
    following = re.search(r'href="([^"]+)"[^>]*rel="next"', everything)
    assert following is not None
    assert _rows(await site.page(following.group(1).replace("&amp;", "&"))) == 40


EVIL = "<script>alert('x')</script>\"&"


async def test_names_from_outside_are_text_on_every_page(site: Site, day: Seeded) -> None:
    async with site.engine.begin() as conn:
        await conn.execute(update(location).where(location.c.location == "S0412").values(name=EVIL, city=EVIL))
        await conn.execute(update(customer_order).values(customer_name=EVIL, attention=EVIL, ship_to={"city": EVIL}))
        chosen = {"packages": [{"name": EVIL, "lines": [0]}], "terms": {EVIL: 1}}
        await conn.execute(update(decision).values(explanation={"sentence": EVIL, "chosen": chosen}, rule_version=EVIL))
    for path in ("/console", "/console/fleet?location=S0412", f"/console/orders?order={day.split_order}",
                 "/console/pick-lists", "/console/needs-you"):  # fmt: skip
        html = await site.page(path)
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&#34;&amp;" in html, path


WRONG_ADDRESSES = (
    ("/console/orders?order=ZZZZ-ZZZZ", 404, "There is no such order as ZZZZ-ZZZZ"),
    ("/console/fleet?location=S9999", 404, "There is no such location as S9999"),
    ("/console/imports/0192f3a1-5b7c-7000-8000-000000000000", 404, "There is no such import"),
    ("/console/imports/nonsense", 422, "This address does not work"),
    ("/console/orders?after=nonsense", 422, "give the `next` of a page"),
    (f"/console/orders?after={encode_cursor('[1, 2]')}", 422, "begin at the first page"),
    (f"/console/orders?q={'x' * 65}", 422, "This address does not work"),
    ("/console/no-such-page", 404, "There is no such page"),
    ("/console/orders?view=nonsense", 200, "No open orders"),
    ("/console/orders?order=%00", 200, "No open orders"),
    ("/console/fleet?view=all&q=%00", 200, "No locations here"),
)


async def test_an_address_that_leads_nowhere_says_so_on_a_page(site: Site) -> None:
    for path, status, words in WRONG_ADDRESSES:
        assert words in await site.page(path, status), path


async def test_a_database_that_is_away_is_said_on_a_page_that_tries_again() -> None:
    away = make_engine("postgresql://nobody@127.0.0.1:9/nothing")
    async with opened(away) as site:
        response = await site.client.get("/console/orders?view=late")
    assert response.status_code == 503
    assert response.headers["retry-after"] == "5"
    assert "The database does not answer" in response.text
    assert '<meta http-equiv="refresh" content="5">' in response.text
    assert 'href="/console/orders?view=late"' in response.text
    await away.dispose()


async def test_an_error_of_our_own_has_a_reference_and_tells_no_secrets(site: Site, day: Seeded) -> None:
    async with site.engine.begin() as conn:
        await conn.execute(text("ALTER TABLE incident RENAME COLUMN remedy TO secret_column"))
    with capture_logs() as logged:
        html = await site.page("/console/needs-you", 500)
    reference = re.search(r'Reference <span class="mono">([0-9a-f]{6,})</span>', html)
    assert reference is not None
    assert [entry["reference"] for entry in logged] == [reference.group(1)]
    assert "secret_column" not in html and "incident" not in html


async def test_without_its_script_the_console_does_not_start_and_says_what_to_do(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "static").mkdir()
    monkeypatch.setattr(frame, "HERE", tmp_path)
    with pytest.raises(AssetMissing, match=r"htmx-2\.min\.js is missing.*pip install"):
        console(engine, SystemClock())


async def test_the_script_of_the_build_is_served(site: Site) -> None:
    html = await site.page("/console")
    address = re.search(r'src="(/console/static/[0-9a-f]{12}/vendor/htmx-2\.min\.js)"', html)
    assert address is not None
    response = await site.client.get(address.group(1))
    assert response.status_code == 200
    assert b"htmx" in response.content


async def test_no_page_asks_anybody_else_for_anything(site: Site, day: Seeded) -> None:
    for path in ("/console", "/console/orders", "/styleguide"):
        assert not re.search(r'(?:src|href)="(?:https?:)?//', await site.page(path))


def _rows(html: str) -> int:
    return len(re.findall(r"<tr(?: aria-current=\"true\")?>\s*<td", html))


def _row(html: str, row_id: str) -> str:
    found = re.search(rf'id="{row_id}".*?</tr>', html, flags=re.DOTALL)
    assert found is not None
    return re.sub(r"<[^>]+>", " ", found.group(0))


async def test_a_run_says_in_a_sentence_how_good_it_is_and_lists_what_it_decided(site: Site, day: Seeded) -> None:
    listed = await site.page("/console/runs?view=batch")
    assert f'id="run-{day.run_id}"' in listed and "New orders" not in _rows_of(listed)
    html = await site.page(f"/console/runs/{day.run_id}")
    assert re.search(r"\d+ orders decided in 1\.8 s for \$[\d.]+, at most 0\.22 % above the best possible", html)
    codes = re.findall(r"order=([\w-]+)\">", html)
    async with site.engine.connect() as conn:
        query = select(func.count()).select_from(decision).where(decision.c.run_id == day.run_id)
        assert len(codes) == (await conn.execute(query)).scalar_one() > 1
    order = await site.page(f"/console/orders?view=all&order={codes[0]}")
    assert f'href="/console/runs/{day.run_id}"' in order
    assert "decided together with" in order and "What would have changed it" in order
    unknown = await site.client.get("/console/runs/01900000-0000-7000-8000-000000000001")
    assert (unknown.status_code, "There is no such run" in unknown.text) == (404, True)


async def test_a_run_that_failed_says_why_and_how_to_replay_it(site: Site, day: Seeded) -> None:
    async with site.engine.begin() as conn:
        await conn.execute(
            update(sourcing_run)
            .where(sourcing_run.c.run_id == day.run_id)
            .values(state="failed", problem="the batch solver took more than 180 s")
        )
    assert "failed" in await site.page("/console/runs?view=failed")
    html = await site.page(f"/console/runs/{day.run_id}")
    assert "The batch solver took more than 180 s" in html and f"central replay {day.run_id}" in html


async def test_the_page_of_a_run_shows_what_its_rules_cost_or_why_that_is_not_known(site: Site, day: Seeded) -> None:
    async def page(**costs: object) -> str:
        async with site.engine.begin() as conn:
            await conn.execute(
                update(sourcing_run).where(sourcing_run.c.run_id == day.run_id).values(rule_costs=costs or None)
            )
        return await site.page(f"/console/runs/{day.run_id}")

    assert "What the rules cost" not in await page()
    near = {"rule": "near", "kind": "distance", "orders": 18, "blocked": 185, "first": 180, "units": 0, "held": 0,
            "paid": 0, "saving": 1250, "low": 0, "high": 1310}  # fmt: skip
    rest = {**near, "rule": "rest", "saving": None, "low": None, "high": None, "skipped": True}
    html = await page(rules=[near, rest], problem="")
    row = html[html.index(">near<") : html.index(">rest<")]
    assert all(each in row for each in ("185", "$12.50", "$0.00", "$13.10", "18 orders"))
    assert "not estimated" in html[html.index(">rest<") :]
    assert "Not known: it took too long" in await page(rules=[], problem="it took too long")


def _rows_of(html: str) -> str:
    return html[html.index("<tbody>") : html.index("</tbody>")]


async def test_an_order_that_was_cancelled_by_rules_says_so_and_needs_nobody(site: Site) -> None:
    gives_up = {
        "format": 1, "name": "peak", "revision": 1, "default_policy": "p",
        "policies": [{"id": "p", "fallbacks": [{"after_minutes": 30, "then": "cancel"}]}],
    }  # fmt: skip
    async with site.engine.begin() as conn:
        await rule_sets.publish(conn, parse(gives_up), "anna")
    await sourced.network(site.engine)
    await sourced.order(site.engine, 1)
    await sourced.source(site.engine)
    [(code,)] = await sourced.rows(site.engine, "SELECT code FROM customer_order")
    html = await site.page(f"/console/orders?view=done&order={code}")
    assert html.count("Cancelled") >= 3  # the order, its line, its timeline
    assert "No location can serve Tea, and by the rules nobody waits for it any longer: it is cancelled." in html
    assert "Look at the timeline below" not in html
