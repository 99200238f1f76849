"""Which character a byte is, for each slot of `ESC t`.

Slots follow Epson's list (ESC/POS reference, Character Code Tables). Pages that Python has no codec for, and two-byte
text, show ``?`` for their upper half.
"""

from functools import cache

_CODECS = {
    **{0: "cp437", 2: "cp850", 3: "cp860", 4: "cp863", 5: "cp865", 13: "cp857", 14: "cp737", 15: "iso8859_7"},
    **{16: "cp1252", 17: "cp866", 18: "cp852", 19: "cp858", 32: "cp720", 33: "cp775", 34: "cp855", 35: "cp861"},
    **{36: "cp862", 37: "cp864", 38: "cp869", 39: "iso8859_2", 40: "iso8859_15", 44: "cp1125", 45: "cp1250"},
    **{46: "cp1251", 47: "cp1253", 48: "cp1254", 49: "cp1255", 50: "cp1256", 51: "cp1257", 52: "cp1258"},
    **{53: "kz1048", 1: "shift_jis"},
}


def decode(slot: int, data: bytes) -> str:
    """``data`` as the printer would print it with page ``slot`` chosen: one character for each byte."""
    table = _table(slot)
    return "".join(table[byte] for byte in data)


@cache
def _table(slot: int) -> tuple[str, ...]:
    codec = _CODECS.get(slot)
    return tuple(chr(byte) if byte < 0x80 else _upper(codec, byte) for byte in range(256))


def _upper(codec: str | None, byte: int) -> str:
    if codec is None:
        return "?"
    try:
        character = bytes((byte,)).decode(codec)
    except UnicodeDecodeError:
        return " "
    return character if len(character) == 1 and character.isprintable() else " "
