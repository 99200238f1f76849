"""What litestream is told."""

import json
from pathlib import Path
from uuid import UUID

import pytest

from firmware_config.litestream import box_replica, command, configuration, environment, is_remote

BOX = UUID(int=7)
DATABASE = Path("/data/box.db")


def test_each_box_has_a_replica_path_of_its_own() -> None:
    config = json.loads(configuration(DATABASE, "/mnt/copy", "S0412", BOX))
    [database] = config["dbs"]
    assert database["replica"] == {"type": "file", "path": f"/mnt/copy/S0412/{BOX}", "sync-interval": "100ms"}
    assert database["path"] == "/data/box.db"
    assert config["socket"]["enabled"]
    assert "/" not in config["socket"]["path"]
    assert config["snapshot"] == {"interval": "6h", "retention": "72h"}


def test_a_remote_replica_is_copied_to_every_second() -> None:
    [database] = json.loads(configuration(DATABASE, "s3://bucket/stores/", "S0412", BOX))["dbs"]
    assert database["replica"] == {"url": f"s3://bucket/stores/S0412/{BOX}", "sync-interval": "1s"}


FILE = "file://"


@pytest.mark.parametrize(
    ("replica", "url", "remote"),
    [
        ("/mnt/copy", f"{FILE}/mnt/copy/S0412/{BOX}", False),
        (f"{FILE}/mnt/my%20copy", f"{FILE}/mnt/my%20copy/S0412/{BOX}", False),
        ("s3://bucket", f"s3://bucket/S0412/{BOX}", True),
        ("sftp://nas/x", f"sftp://nas/x/S0412/{BOX}", True),
    ],
)
def test_a_replica_is_a_folder_or_a_url(replica: str, url: str, remote: bool) -> None:
    assert box_replica(replica, "S0412", BOX) == url
    assert is_remote(replica) is remote


def test_litestream_runs_without_what_breaks_it() -> None:
    assert environment({"AWS_CA_BUNDLE": "/x", "PATH": "/bin"}) == {"PATH": "/bin"}
    assert "-no-expand-env" in command(Path("litestream"), Path("/data/litestream.yml"))
