"""Style sheets, scripts and icons, served from memory under a URL that changes whenever any of them changes.

The hash in the URL is that of the whole set, not of one file: modules import each other by relative names, and one
changed file must not be mixed with the old ones. Browsers keep a file for ever; a page that was loaded before an
upgrade still gets an answer under its old hash, the new file, uncached.
"""

import gzip
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

KIT_STATIC = Path(__file__).with_name("static")

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
}
_FOR_EVER = "public, max-age=31536000, immutable"


class AssetMissing(RuntimeError):
    """A file that pages need is not there; the message says what to do."""


@dataclass(frozen=True)
class _Asset:
    content: bytes
    compressed: bytes
    media_type: str


class Assets:
    """The files of ``folders`` under ``prefix`` (such as ``/console/static``); later folders add to earlier ones.

    Files of other types than CSS, JavaScript and SVG are not served. Raises :class:`AssetMissing` when a name in
    ``required`` is not among them.
    """

    def __init__(self, prefix: str, folders: Iterable[Path], required: Iterable[str] = ()) -> None:
        self._prefix = prefix
        self._assets: dict[str, _Asset] = {}
        for folder in (KIT_STATIC, *folders):
            for path in sorted(folder.rglob("*")):
                if path.suffix in _TYPES:
                    content = path.read_bytes()
                    compressed = gzip.compress(content, mtime=0)
                    self._assets[path.relative_to(folder).as_posix()] = _Asset(content, compressed, _TYPES[path.suffix])
        missing = sorted(set(required) - self._assets.keys())
        if missing:
            raise AssetMissing(
                f"{', '.join(missing)} is missing; install the package again, which puts it there: "
                "python -m pip install --no-deps -e ."
            )
        digest = hashlib.sha256()
        for name, asset in sorted(self._assets.items()):
            digest.update(f"{name}\0{len(asset.content)}\0".encode() + asset.content)
        self.version = digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        """Where pages find the file. Raises :class:`KeyError` for a file that there is not: a template's mistake."""
        if name not in self._assets:
            raise KeyError(name)
        return f"{self._prefix}/{self.version}/{name}"

    def route(self) -> Route:
        """The route that answers for all of them."""
        return Route(f"{self._prefix}/{{version}}/{{name:path}}", self._answer, methods=["GET", "HEAD"])

    async def _answer(self, request: Request) -> Response:
        asset = self._assets.get(request.path_params["name"])
        if asset is None:
            return PlainTextResponse("There is no such file.", 404, {"X-Content-Type-Options": "nosniff"})
        headers = {
            "Cache-Control": _FOR_EVER if request.path_params["version"] == self.version else "no-cache",
            "X-Content-Type-Options": "nosniff",
            "Vary": "Accept-Encoding",
            "Content-Type": asset.media_type,
        }
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(asset.compressed, headers={**headers, "Content-Encoding": "gzip"})
        return Response(asset.content, headers=headers)
