"""A broker for tests and for the demo: mosquitto where it is installed, else amqtt in a process of its own.

amqtt is pure Python and comes with the extra ``sim``, so that the demo runs without any system package. It is slower by
an order of magnitude and delivers retained messages twice; the protocol does not mind either.
"""

import asyncio
import functools
import socket
import sys
from pathlib import Path

from amqtt.broker import Broker

from firmware_config.broker import find_mosquitto, write_mosquitto_config
from firmware_config.supervisor import ChildSpec, port_is_open


def free_port() -> int:
    """A TCP port of the loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def broker_spec(directory: Path, port: int, *, prefer_mosquitto: bool = True) -> ChildSpec:
    """How to run a broker on loopback ``port``; its configuration and log go to ``directory``."""
    mosquitto = find_mosquitto() if prefer_mosquitto else None
    if mosquitto is not None:
        config = directory / "mosquitto.conf"
        write_mosquitto_config(config, port)
        argv = [mosquitto, "-c", str(config)]
    else:
        argv = [sys.executable, "-m", "simulators.broker", str(port)]
    return ChildSpec(
        "broker",
        argv,
        log=directory / "broker.log",
        ready=functools.partial(port_is_open, "127.0.0.1", port),
        stop_timeout_s=5.0,
    )


async def _serve(port: int) -> None:
    config = {
        "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }
    broker = Broker(config)
    await broker.start()
    try:
        await asyncio.Event().wait()
    finally:
        await broker.shutdown()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
