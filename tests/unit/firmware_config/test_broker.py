"""The broker's configuration."""

import pytest

from firmware_config.broker import mosquitto_config


def test_the_broker_answers_at_once_and_bounds_its_messages() -> None:
    config = mosquitto_config(1884)
    assert "set_tcp_nodelay true" in config
    assert "message_size_limit 65536" in config
    assert "persistence false" in config


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::"])
def test_a_broker_without_tls_listens_on_loopback_only(host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        mosquitto_config(1884, host)
