"""litestream's control socket."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from firmware_config.litestream import SOCKET_NAME
from retail.errors import Retryable

ANSWER_BYTES_MAX = 64 * 1024


class LitestreamUnreachable(Retryable):
    """litestream does not answer, or could not do what it was asked."""


class _SyncAnswer(msgspec.Struct):
    txid: int = 0
    replicated_txid: int = 0


@dataclass(frozen=True)
class Synced:
    """The database's last transaction as litestream counts them, and the last one in the replica."""

    txid: int
    replicated_txid: int


async def sync(folder: Path, database: Path, timeout_s: float) -> Synced:
    """Have all that is committed now copied, and return when it is.

    ``folder`` is where litestream runs, ``database`` the absolute path that it knows. Raises
    :class:`LitestreamUnreachable` when it is not copied in time.
    """
    request = {"path": str(database), "wait": True, "timeout": max(1, round(timeout_s))}
    try:
        async with asyncio.timeout(timeout_s):
            status, body = await _post(folder, "/sync", msgspec.json.encode(request))
        if status != 200:
            raise LitestreamUnreachable(f"litestream answered {status}: {body[:200].decode(errors='replace')}")
        answer = msgspec.json.decode(body, type=_SyncAnswer)
    except (OSError, TimeoutError, ValueError, msgspec.MsgspecError) as error:
        raise LitestreamUnreachable(f"litestream does not answer: {str(error) or type(error).__name__}") from error
    return Synced(answer.txid, answer.replicated_txid)


async def _post(folder: Path, path: str, body: bytes) -> tuple[int, bytes]:
    # HTTP/1.0: one answer, then the connection ends. The folder is reached through its descriptor, because the path of
    # a Unix socket may have 107 bytes and a data folder's path more.
    folder_fd = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        reader, writer = await asyncio.open_unix_connection(f"/proc/self/fd/{folder_fd}/{SOCKET_NAME}")
    finally:
        os.close(folder_fd)
    try:
        head = f"POST {path} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        answer = await reader.read(ANSWER_BYTES_MAX)
        while more := await reader.read(ANSWER_BYTES_MAX - len(answer)):
            answer += more
    finally:
        writer.close()
        await writer.wait_closed()
    first_line, _, rest = answer.partition(b"\r\n")
    _, _, content = rest.partition(b"\r\n\r\n")
    protocol, _, status = first_line.partition(b" ")
    if not protocol.startswith(b"HTTP/"):
        raise ValueError("the answer is not HTTP")
    return int(status[:3]), content
