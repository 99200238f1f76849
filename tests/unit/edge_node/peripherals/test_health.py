"""Health is told once for each change, and a broken listener harms nobody."""

from edge_node.peripherals.health import READY, DeviceState, Health, HealthReport, tell

OUT = Health(DeviceState.ERROR, "the printer is out of paper", "put in a new roll")


def test_each_change_is_told_once() -> None:
    told: list[Health] = []
    report = HealthReport("printer", told.append)
    for health in (READY, READY, OUT, OUT, READY):
        report.set(health)
    assert told == [READY, OUT, READY]
    assert report.now == READY


def test_a_listener_that_fails_does_not_stop_the_device() -> None:
    def broken(_: Health) -> None:
        raise RuntimeError("page gone")

    report = HealthReport("printer", broken)
    report.set(OUT)
    assert report.now == OUT


def test_only_what_a_person_must_mend_needs_attention() -> None:
    assert READY.attention() is None
    assert Health(DeviceState.DEGRADED, "low", "have a roll at hand").attention() is None
    assert Health(DeviceState.ABSENT, "shut down").attention() is None
    assert str(OUT.attention()) == "the printer is out of paper; put in a new roll"


def test_nobody_need_listen() -> None:
    tell(None, OUT, HealthReport("printer")._log)


def test_a_device_that_was_never_seen_is_absent() -> None:
    assert HealthReport("printer").now.state is DeviceState.ABSENT
