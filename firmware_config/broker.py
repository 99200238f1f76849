"""Configuration of the MQTT broker.

Two settings matter more than all others: ``set_tcp_nodelay`` (without it every round trip waits 40 ms for Nagle's
algorithm) and the size limits, so that nobody can fill the broker's memory. Nothing is persisted: what a broker stores
is never relied upon.
"""

import getpass
import shutil
from pathlib import Path

from sync_protocol.frames import FRAME_BYTES_MAX

_PACKET_OVERHEAD_BYTES = 1024
INFLIGHT_MAX = 100
QUEUED_MAX = 2_000


def find_mosquitto() -> str | None:
    """The path of the installed mosquitto, None without one."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def mosquitto_config(port: int, host: str = "127.0.0.1") -> str:
    """A broker for one machine: it listens without TLS, therefore on loopback only."""
    if not host.startswith("127.") and host != "::1":
        raise ValueError(f"a listener without TLS must be on loopback, not on {host}")
    lines = (
        f"listener {port} {host}",
        "allow_anonymous true",
        # Started by root it would become another user, and the kernel then forgets the parent death signal.
        f"user {getpass.getuser()}",
        "persistence false",
        "set_tcp_nodelay true",
        f"message_size_limit {FRAME_BYTES_MAX}",
        f"max_packet_size {FRAME_BYTES_MAX + _PACKET_OVERHEAD_BYTES}",
        f"max_inflight_messages {INFLIGHT_MAX}",
        f"max_queued_messages {QUEUED_MAX}",
        "log_dest stdout",
        "log_type error",
        "log_type warning",
    )
    return "\n".join(lines) + "\n"


def write_mosquitto_config(path: Path, port: int) -> None:
    """Write :func:`mosquitto_config` to ``path``."""
    path.write_text(mosquitto_config(port), encoding="utf-8")
