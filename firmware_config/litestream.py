"""litestream's configuration for one store box.

The keys are those of litestream 0.5.17. Three settings carry weight:

* the replica's path ends in ``{store}/{box}``: two boxes that write to one path destroy it;
* the socket's path is relative to the data folder, where litestream runs, because a socket's path may have 107 bytes;
* ``AWS_CA_BUNDLE`` must not be in its environment: with it, litestream cannot reach S3 at all.

The file is JSON, which is YAML too.
"""

import json
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import UUID

CONFIG_NAME = "litestream.yml"
SOCKET_NAME = "litestream.sock"

SNAPSHOT_INTERVAL, SNAPSHOT_RETENTION = "6h", "72h"
FILE_SYNC_INTERVAL, REMOTE_SYNC_INTERVAL = "100ms", "1s"
BUSY_TIMEOUT = "5s"
SHUTDOWN_SYNC_TIMEOUT = "5s"


def litestream_binary() -> Path:
    """The program as its wheel installs it, beside the interpreter."""
    return Path(sysconfig.get_path("scripts")) / "litestream"


def is_remote(replica: str) -> bool:
    """Whether ``replica`` leads over a network: a URL other than ``file:``."""
    return urlsplit(replica).scheme not in ("", "file")


def local_folder(replica: str) -> Path:
    """The folder of a replica that is not remote."""
    return Path(unquote(urlsplit(replica).path) if replica.startswith("file:") else replica).absolute()


def box_replica(replica: str, store: str, box: UUID) -> str:
    """The URL of one box's replica under ``replica``, a folder or a URL."""
    if is_remote(replica):
        return f"{replica.rstrip('/')}/{store}/{box}"
    return (local_folder(replica) / store / str(box)).as_uri()


def configuration(database: Path, replica: str, store: str, box: UUID) -> str:
    """The text of the configuration file."""
    where: dict[str, object]
    if is_remote(replica):
        where = {"url": box_replica(replica, store, box), "sync-interval": REMOTE_SYNC_INTERVAL}
    else:
        folder = local_folder(replica) / store / str(box)
        where = {"type": "file", "path": str(folder), "sync-interval": FILE_SYNC_INTERVAL}
    interval = where["sync-interval"]
    return json.dumps(
        {
            "logging": {"level": "warn", "type": "json", "stderr": True},
            "socket": {"enabled": True, "path": SOCKET_NAME, "permissions": 0o600},
            "snapshot": {"interval": SNAPSHOT_INTERVAL, "retention": SNAPSHOT_RETENTION},
            "shutdown-sync-timeout": SHUTDOWN_SYNC_TIMEOUT,
            "dbs": [
                {
                    "path": str(database.absolute()),
                    "monitor-interval": interval,
                    "busy-timeout": BUSY_TIMEOUT,
                    "replica": where,
                }
            ],
        },
        indent=2,
    )


def command(binary: Path, config: Path) -> list[str]:
    """How litestream is started; to be run in the folder that its socket shall lie in."""
    return [str(binary), "replicate", "-no-expand-env", "-config", str(config.absolute())]


def environment(base: Mapping[str, str]) -> dict[str, str]:
    """``base`` without what breaks litestream."""
    return {name: value for name, value in base.items() if name != "AWS_CA_BUNDLE"}
