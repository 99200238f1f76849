"""The network transport, with a printer that is a bare socket."""

import socket
from collections.abc import Iterator

import pytest

from edge_node.peripherals.receipt_printer.tcp import TcpTransport
from edge_node.peripherals.receipt_printer.transport import ConnectionLost, Unreachable


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def transport(listener: socket.socket) -> Iterator[TcpTransport]:
    transport = TcpTransport(*listener.getsockname())
    yield transport
    transport.close()


def test_a_printer_that_hangs_up_is_noticed(listener: socket.socket, transport: TcpTransport) -> None:
    transport.open(1.0)
    connection, _ = listener.accept()
    connection.close()
    with pytest.raises(ConnectionLost, match="closed the connection"):
        transport.read(5.0)


def test_a_printer_that_reads_nothing_takes_no_more_after_a_while(
    listener: socket.socket, transport: TcpTransport
) -> None:
    transport.open(1.0)
    connection, _ = listener.accept()
    data, taken = memoryview(bytes(1_000_000)), 1
    with connection:
        while taken:
            taken = transport.write(data, 0.02)
        assert transport.read(0.001) == b""


def test_a_closed_port_is_named_with_what_to_look_at(listener: socket.socket, transport: TcpTransport) -> None:
    listener.close()
    with pytest.raises(Unreachable) as caught:
        transport.open(1.0)
    assert transport.name in caught.value.problem
    assert "network cable" in caught.value.remedy


def test_without_a_connection_nothing_is_read_or_written(transport: TcpTransport) -> None:
    for use in (lambda: transport.read(0.001), lambda: transport.write(memoryview(b"x"), 0.001)):
        with pytest.raises(ConnectionLost) as caught:
            use()
        assert not caught.value.leaked
