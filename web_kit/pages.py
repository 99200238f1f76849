"""Turns templates into answers: escaping always on, and headers that let nothing run but our own files.

The scripts that must run before the first paint stand in the page itself. The policy allows them by their hash: unlike
a nonce it is the same on every page, holds for a page that comes from a cache, and cannot be read out of a page and
used for another script.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from web_kit import charts, words
from web_kit.assets import KIT_STATIC, Assets

KIT_TEMPLATES = Path(__file__).with_name("templates")
THEME_SCRIPT = KIT_STATIC / "head.js"


def page_headers(head_script: str) -> dict[str, str]:
    """The headers of every page; ``head_script`` is the only inline script that may run."""
    digest = base64.b64encode(hashlib.sha256(head_script.encode()).digest()).decode()
    policy = {
        "default-src": "'none'",
        "script-src": f"'self' 'sha256-{digest}'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
        "Cache-Control": "no-store",
    }


class Pages:
    """Renders the templates of a folder, with those of this package beside them.

    ``head_scripts`` are files whose text runs before the first paint. A name that a template does not get is an error.
    """

    def __init__(self, templates: Path, assets: Assets, head_scripts: Sequence[Path] = (THEME_SCRIPT,)) -> None:
        head_script = "\n".join(path.read_text(encoding="utf-8").strip() for path in head_scripts)
        self.headers = page_headers(head_script)
        self.version = assets.version
        self._environment = Environment(
            loader=FileSystemLoader([templates, KIT_TEMPLATES]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        # The scripts are constant files of ours, which is why they may stand in the page unescaped.
        self._environment.globals.update(asset=assets.url, head_script=Markup(head_script))
        self._environment.filters.update(
            count=words.count, number=words.number, plural=words.plural, span=words.span, ago=words.ago, due=words.due,
            iso=words.iso, sentence=words.sentence, clock=words.clock,
        )  # fmt: skip
        self._environment.globals.update(meter=charts.meter)

    def add(self, *, filters: Mapping[str, Callable[..., Any]], names: Mapping[str, Any]) -> None:
        """Give all templates more filters and names."""
        self._environment.filters.update(filters)
        self._environment.globals.update(names)

    def render(self, template: str, **context: Any) -> str:
        """The text of a page."""
        return self._environment.get_template(template).render(**context)

    def part(self, template: str, macro: str, *values: Any) -> str:
        """The text that one macro of a template makes."""
        return str(getattr(self._environment.get_template(template).module, macro)(*values))

    def frame(self, template: str, body: str, **context: Any) -> str:
        """The text of a page around ``body``, which :meth:`render` made: it is escaped already."""
        return self.render(template, body=Markup(body), **context)

    def answer(self, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
        """The page as an answer with its headers."""
        return HTMLResponse(self.render(template, **context), status, self.headers)
