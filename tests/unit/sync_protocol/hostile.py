"""Bytes that nobody honest sends, and a fence around the memory that they may cost."""

import contextlib
import resource
from collections.abc import Iterator
from pathlib import Path

import msgspec
import zstandard

MIB = 1024 * 1024


@contextlib.contextmanager
def memory_limit(more_bytes: int) -> Iterator[None]:
    """Within this block the process may map at most ``more_bytes`` beyond what it has."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + more_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def packed(raw: bytes) -> bytes:
    """``raw`` compressed as a sender would."""
    return zstandard.ZstdCompressor(level=1, write_checksum=True).compress(raw)


def packed_values(value: object) -> bytes:
    """A message that holds ``value``."""
    return packed(msgspec.msgpack.Encoder(uuid_format="bytes").encode(value))


def bomb(unpacked_bytes: int, *, stated: bool) -> bytes:
    """Zeros without end in a few kilobytes, with or without a word about their number."""
    compressor = zstandard.ZstdCompressor(level=19, write_checksum=True)
    stream = compressor.compressobj(size=unpacked_bytes) if stated else compressor.compressobj()
    parts = [stream.compress(bytes(MIB)) for _ in range(unpacked_bytes // MIB)]
    return b"".join([*parts, stream.flush()])


def liar(stated_bytes: int, blocks: int) -> bytes:
    """A frame that says it unpacks to ``stated_bytes`` (at most 255) and holds ``blocks`` blocks of that size."""
    single_segment_with_checksum = 0x24
    run_of_one_byte = (1 << 1 | stated_bytes << 3).to_bytes(3, "little") + b"\0"
    return b"\x28\xb5\x2f\xfd" + bytes([single_segment_with_checksum, stated_bytes]) + run_of_one_byte * blocks
