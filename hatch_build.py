"""Copies the htmx script out of the django-htmx wheel, a build requirement, into the console's static files.

No third-party file is committed and no second package registry is needed. The checksum is that of htmx 2.0.10;
a different file fails the build, so a change of the pinned wheel is a decision and not an accident. htmx is under
the Zero-Clause BSD licence; the notice is written beside the script.
"""

import hashlib
from importlib import resources
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SCRIPT_NAME = "htmx-2.min.js"
SCRIPT_SHA256 = "71ea67185bfa8c98c39d31717c6fce5d852370fcdfd129db4543774d3145c0de"
NOTICE = "htmx, https://htmx.org, Zero-Clause BSD licence (0BSD). Copyright the htmx contributors.\n"


class CopyHtmx(BuildHookInterface[Any]):
    """Puts ``htmx-2.min.js`` where the console serves it from."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        script = resources.files("django_htmx").joinpath("static/django_htmx", SCRIPT_NAME).read_bytes()
        digest = hashlib.sha256(script).hexdigest()
        if digest != SCRIPT_SHA256:
            raise RuntimeError(f"{SCRIPT_NAME} has sha256 {digest}, not {SCRIPT_SHA256}: review the new htmx first")
        vendor = Path(self.root, "central", "console", "static", "vendor")
        vendor.mkdir(parents=True, exist_ok=True)
        (vendor / SCRIPT_NAME).write_bytes(script)
        (vendor / "NOTICE.txt").write_text(NOTICE, encoding="utf-8")
