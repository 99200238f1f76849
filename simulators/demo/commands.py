"""Runs the product's own commands, as ops and installers run them."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from firmware_config.supervisor import bound_to_parent


class CommandFailed(Exception):
    """A command ended with another status than 0. The message holds what it said."""


async def run_json(program: str, *arguments: str | Path, env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Run ``python -m program arguments --json`` and return what it answered. Raises :class:`CommandFailed`."""
    argv = [sys.executable, "-m", program, *map(str, arguments), "--json"]
    process = await asyncio.create_subprocess_exec(
        *bound_to_parent(argv, signal.SIGTERM),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **(env or {})},
        start_new_session=True,
    )
    try:
        output, errors = await process.communicate()
    except asyncio.CancelledError:
        if process.returncode is None:
            process.kill()
            await process.wait()
        raise
    if process.returncode != 0:
        said = (errors + output).decode(errors="replace").strip()[-2_000:]
        raise CommandFailed(f"{program} {' '.join(map(str, arguments))} ended with {process.returncode}: {said}")
    lines = [line for line in output.decode().splitlines() if line.startswith("{")]
    answer: dict[str, Any] = json.loads(lines[-1]) if lines else {}
    return answer
