"""The socket on which both ends listen."""

import socket

from firmware_config.web_server import listening


def test_answers_do_not_wait_for_the_callers_delayed_acknowledgement() -> None:
    with listening("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
