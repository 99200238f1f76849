"""The simulated disk forgets what was not committed, and nothing else."""

from tests.simulation.disk import Disk


def test_what_was_not_committed_never_happened() -> None:
    disk = Disk()
    tx = disk.begin()
    tx.put("log", 1, "entry")
    assert tx.get("log", 1) == "entry"
    assert disk.get("log", 1) is None
    tx.commit()
    assert disk.get("log", 1) == "entry"


def test_a_transaction_sees_its_own_writes_among_the_rows() -> None:
    disk = Disk({"log": {1: "kept", 2: "deleted"}})
    tx = disk.begin()
    tx.put("log", 2, None)
    tx.put("log", 3, "new")
    assert dict(tx.rows("log")) == {1: "kept", 3: "new"}
    assert dict(disk.rows("log")) == {1: "kept", 2: "deleted"}


def test_an_image_goes_its_own_way() -> None:
    disk = Disk({"log": {1: "entry"}})
    image = disk.image()
    tx = disk.begin()
    tx.put("log", 2, "later")
    tx.commit()
    assert dict(image.rows("log")) == {1: "entry"}
