"""The broker's configuration."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from firmware_config.broker import find_mosquitto, mosquitto_config


def test_the_broker_answers_at_once_and_bounds_its_messages() -> None:
    config = mosquitto_config(1884)
    assert "set_tcp_nodelay true" in config
    assert "message_size_limit 65536" in config
    assert "persistence false" in config


@pytest.mark.mosquitto
@pytest.mark.skipif(find_mosquitto() is None, reason="mosquitto is not installed")
def test_a_broker_does_not_outlive_a_killed_owner(tmp_path: Path) -> None:
    owner = f"""
import asyncio
from pathlib import Path
from firmware_config.supervisor import Supervisor
from simulators.broker import broker_spec, free_port

async def main() -> None:
    async with Supervisor() as supervisor:
        print((await supervisor.start(broker_spec(Path({str(tmp_path)!r}), free_port()))).pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", owner], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        process.kill()
    deadline = time.monotonic() + 5
    while (alive := Path(f"/proc/{pid}").exists() and " Z " not in Path(f"/proc/{pid}/stat").read_text()) and (
        time.monotonic() < deadline
    ):
        time.sleep(0.02)
    assert not alive


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::"])
def test_a_broker_without_tls_listens_on_loopback_only(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        mosquitto_config(1884, host)
