"""What holds for every page: nothing for axe to find in light and dark, and no page wider than its window."""

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

_AXE = Axe().axe_script

WIDTHS = (320, 360, 390, 768, 1280, 1440)
"""The narrowest is a page of 1280 at a zoom of 400 % (WCAG 2.1, 1.4.10)."""


async def accessibility_faults(page: Page, *rules: str) -> list[str]:
    """What axe finds on the page as it is now; only for ``rules`` if any are given."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_AXE)
    options: dict[str, object] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = list(rules)
    found = (await page.evaluate("(options) => axe.run(document, options)", options))["violations"]
    return [f"{fault['id']}: {node['html'][:160]}" for fault in found for node in fault["nodes"]]


async def faults_in_both_themes(page: Page) -> list[str]:
    """What axe finds in light, and of what depends on colours also in dark."""
    await page.emulate_media(color_scheme="light")
    light = await accessibility_faults(page)
    await page.emulate_media(color_scheme="dark")
    return [*light, *(f"dark {fault}" for fault in await accessibility_faults(page, "color-contrast"))]


async def too_wide_at(page: Page) -> dict[int, int]:
    """The widths at which the page must be scrolled sideways, and by how much it is too wide."""
    found = {}
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 900})
        over = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if over > 0:
            found[width] = over
    return found
