"""One-dimensional barcodes as rows of modules, the way a printer with `GS k` draws them.

A barcode is a text of ``1`` (bar) and ``0`` (space), one character for each module, without quiet zones. Sources: the
GS1 General Specifications (EAN, UPC), ISO/IEC 15417 (Code 128), 16388 (Code 39), 16390 (Interleaved 2 of 5), AIM USS
Codabar and USS-93. GS1 DataBar is not modelled.
"""

from collections.abc import Callable, Iterable

_WIDE = 3
"""A wide element in narrow ones, for the symbologies that have two widths."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _named(characters: str, patterns: str) -> dict[str, str]:
    return dict(zip(characters, _words(patterns), strict=True))


_LEFT = ("0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011")
_RIGHT = tuple(code.translate(str.maketrans("01", "10")) for code in _LEFT)
_EVEN = tuple(code[::-1] for code in _RIGHT)
_EAN13_PARITY = ("LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG", "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL")
_UPCE_PARITY = ("GGGLLL", "GGLGLL", "GGLLGL", "GGLLLG", "GLGGLL", "GLLGGL", "GLLLGG", "GLGLGL", "GLGLLG", "GLLGLG")

_CODE_39 = _named(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. *$/+%",
    """
    nnnwwnwnn wnnwnnnnw nnwwnnnnw wnwwnnnnn nnnwwnnnw wnnwwnnnn nnwwwnnnn nnnwnnwnw wnnwnnwnn nnwwnnwnn wnnnnwnnw
    nnwnnwnnw wnwnnwnnn nnnnwwnnw wnnnwwnnn nnwnwwnnn nnnnnwwnw wnnnnwwnn nnwnnwwnn nnnnwwwnn wnnnnnnww nnwnnnnww
    wnwnnnnwn nnnnwnnww wnnnwnnwn nnwnwnnwn nnnnnnwww wnnnnnwwn nnwnnnwwn nnnnwnwwn wwnnnnnnw nwwnnnnnw wwwnnnnnn
    nwnnwnnnw wwnnwnnnn nwwnwnnnn nwnnnnwnw wwnnnnwnn nwwnnnwnn nwnnwnwnn nwnwnwnnn nwnwnnnwn nwnnnwnwn nnnwnwnwn
    """,
)
_CODABAR = _named(
    "0123456789-$:/.+ABCD",
    """
    nnnnnww nnnnwwn nnnwnnw wwnnnnn nnwnnwn wnnnnwn nwnnnnw nwnnwnn nwwnnnn wnnwnnn nnnwwnn nnwwnnn wnnnwnw wnwnnnw
    wnwnwnn nnwnwnw nnwwnwn nwnwnnw nnnwnww nnnwwwn
    """,
)
_INTERLEAVED = ("nnwwn", "wnnnw", "nwnnw", "wwnnn", "nnwnw", "wnwnn", "nwwnn", "nnnww", "wnnwn", "nwnwn")

_CODE_93_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"
_CODE_93 = _words(
    """
    100010100 101001000 101000100 101000010 100101000 100100100 100100010 101010000 100010010 100001010 110101000
    110100100 110100010 110010100 110010010 110001010 101101000 101100100 101100010 100110100 100011010 101011000
    101001100 101000110 100101100 100010110 110110100 110110010 110101100 110100110 110010110 110011010 101101100
    101100110 100110110 100111010 100101110 111010100 111010010 111001010 101101110 101110110 110101110 100100110
    111011010 111010110 100110010
    """
)
_CODE_93_SHIFTS = {"$": 43, "%": 44, "/": 45, "+": 46}
_CODE_93_EDGE = "101011110"

_CODE_128 = _words(
    """
    212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222
    123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321
    232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121
    313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224
    111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111
    111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113
    114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112
    """
)
_SHIFT, _FNC1, _FNC2, _FNC3, _START_A, _STOP = 98, 102, 97, 96, 103, 106


class Undrawable(ValueError):
    """The data does not make a barcode of this kind; a printer prints nothing then."""


def modules(kind: int, data: bytes) -> str:
    """The barcode of `GS k` type ``kind`` (0 to 6, 65 to 74). Raises :class:`Undrawable`."""
    drawing = _DRAWINGS.get(kind + 65 if kind <= 6 else kind)
    if drawing is None:
        raise Undrawable(f"barcode type {kind} is not modelled")
    return drawing(data)


def human_readable(kind: int, data: bytes) -> str:
    """What the printer writes beside the bars: the data, with check digits where it adds them itself."""
    kind = kind + 65 if kind <= 6 else kind
    if kind in _DIGITS:
        return _digits(data, *_DIGITS[kind])
    if kind in (73, 74):
        return "".join(_code_128_text(data))
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else " " for byte in data)


def check_digit(digits: str) -> str:
    """The GS1 check digit: weights 3 and 1 from the right."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def _digits(data: bytes, length: int) -> str:
    """``length`` digits, the last of them a check digit. A given one stays, right or wrong, as printers leave it."""
    text = data.decode("ascii", "replace")
    if not (text.isascii() and text.isdigit() and len(text) in (length - 1, length)):
        raise Undrawable("not the right number of digits")
    return text if len(text) == length else text + check_digit(text)


_DIGITS = {65: (12,), 67: (13,), 68: (8,)}


def _ean13(data: bytes) -> str:
    text = _digits(data, 13)
    left = "".join(
        (_LEFT if parity == "L" else _EVEN)[int(digit)]
        for parity, digit in zip(_EAN13_PARITY[int(text[0])], text[1:7], strict=True)
    )
    return f"101{left}01010{_plain(_RIGHT, text[7:])}101"


def _upc_a(data: bytes) -> str:
    return _ean13(b"0" + _digits(data, 12).encode())


def _ean8(data: bytes) -> str:
    text = _digits(data, 8)
    return f"101{_plain(_LEFT, text[:4])}01010{_plain(_RIGHT, text[4:])}101"


def _upc_e(data: bytes) -> str:
    """Six digits, or seven or eight with number system 0 (and check digit), or a UPC-A that can be shortened."""
    text = data.decode("ascii", "replace")
    if not (text.isascii() and text.isdigit()):
        raise Undrawable("not digits")
    if len(text) in (11, 12):
        text = text[0] + _shortened(text)
    text = text if len(text) != 6 else "0" + text
    if len(text) not in (7, 8) or text[0] not in "01":
        raise Undrawable("not the right number of digits")
    body = text[1:7]
    parity = _UPCE_PARITY[int(check_digit(text[0] + _lengthened(body)))]
    flipped = str.maketrans("LG", "GL") if text[0] == "1" else {}
    drawn = (
        (_LEFT if side == "L" else _EVEN)[int(digit)]
        for side, digit in zip(parity.translate(flipped), body, strict=True)
    )
    return f"101{''.join(drawn)}010101"


def _lengthened(body: str) -> str:
    """The ten digits after the number system for which the six of a UPC-E stand."""
    last = body[5]
    if last in "012":
        return f"{body[:2]}{last}0000{body[2:5]}"
    if last == "3":
        return f"{body[:3]}00000{body[3:5]}"
    if last == "4":
        return f"{body[:4]}00000{body[4]}"
    return f"{body[:5]}0000{last}"


def _shortened(upc_a: str) -> str:
    maker, product = upc_a[1:6], upc_a[6:11]
    if maker[2] in "012" and maker[3:] == "00" and product[:2] == "00":
        return maker[:2] + product[2:] + maker[2]
    if maker[3:] == "00" and product[:3] == "000":
        return maker[:3] + product[3:] + "3"
    if maker[4] == "0" and product[:4] == "0000":
        return maker[:4] + product[4] + "4"
    if product[:4] == "0000" and product[4] in "56789":
        return maker + product[4]
    raise Undrawable("this UPC-A has no short form")


def _plain(table: tuple[str, ...], digits: str) -> str:
    return "".join(table[int(digit)] for digit in digits)


def _elements(pattern: str) -> str:
    """``n`` and ``w``, bars and spaces in turn, as modules."""
    return "".join(("1", "0")[place % 2] * (_WIDE if each == "w" else 1) for place, each in enumerate(pattern))


def _code_39(data: bytes) -> str:
    text = data.decode("ascii", "replace").strip("*")
    if not text or any(character not in _CODE_39 for character in text):
        raise Undrawable("Code 39 lacks a character")
    return "0".join(_elements(_CODE_39[character]) for character in f"*{text}*")


def _codabar(data: bytes) -> str:
    text = data.decode("ascii", "replace").upper()
    if len(text) < 2 or any(character not in _CODABAR for character in text) or not {text[0], text[-1]} <= set("ABCD"):
        raise Undrawable("Codabar starts and ends with A to D")
    return "0".join(_elements(_CODABAR[character]) for character in text)


def _interleaved(data: bytes) -> str:
    text = data.decode("ascii", "replace")
    if not (text.isascii() and text.isdigit()) or len(text) % 2:
        raise Undrawable("Interleaved 2 of 5 takes an even number of digits")
    pairs = zip(text[::2], text[1::2], strict=True)
    body = "".join(
        bar + space
        for first, second in pairs
        for bar, space in zip(_INTERLEAVED[int(first)], _INTERLEAVED[int(second)], strict=True)
    )
    return _elements(f"nnnn{body}wnn")


def _code_93(data: bytes) -> str:
    values = [value for byte in data for value in _code_93_values(byte)]
    if not values:
        raise Undrawable("nothing to encode")
    for longest in (20, 15):
        weighted = (value * (place % longest + 1) for place, value in enumerate(reversed(values)))
        values.append(sum(weighted) % 47)
    return f"{_CODE_93_EDGE}{''.join(_CODE_93[value] for value in values)}{_CODE_93_EDGE}1"


def _code_93_values(byte: int) -> Iterable[int]:
    """A character of its own, or a shift and a letter (USS-93, full ASCII)."""
    if byte > 0x7F:
        raise Undrawable("Code 93 takes ASCII")
    character = chr(byte)
    if character in _CODE_93_CHARACTERS:
        return [_CODE_93_CHARACTERS.index(character)]
    for shift, first, letters, start in (
        ("$", 0x01, 26, "A"),
        ("%", 0x1B, 5, "A"),
        ("/", 0x21, 12, "A"),
        ("/", 0x3A, 1, "Z"),
        ("%", 0x3B, 5, "F"),
        ("%", 0x5B, 5, "K"),
        ("+", 0x61, 26, "A"),
        ("%", 0x7B, 5, "P"),
        ("%", 0x00, 1, "U"),
        ("%", 0x40, 1, "V"),
        ("%", 0x60, 1, "W"),
    ):
        if first <= byte < first + letters:
            return [_CODE_93_SHIFTS[shift], _CODE_93_CHARACTERS.index(chr(ord(start) + byte - first))]
    raise Undrawable("Code 93 lacks a character")


def _code_128(data: bytes) -> str:
    values = _code_128_values(data)
    values.append((values[0] + sum(place * value for place, value in enumerate(values))) % 103)
    return "".join(
        ("1", "0")[place % 2] * int(width) for value in [*values, _STOP] for place, width in enumerate(_CODE_128[value])
    )


def _code_128_values(data: bytes) -> list[int]:
    """`GS k` spells code sets ``{A {B {C``, ``{S`` shift, ``{1`` to ``{4`` functions, ``{{`` a brace."""
    if len(data) < 3 or data[:1] != b"{" or data[1:2] not in (b"A", b"B", b"C"):
        raise Undrawable("Code 128 data starts with its code set")
    code_set = chr(data[1])
    values = [_START_A + "ABC".index(code_set)]
    at, shifted = 2, False
    while at < len(data):
        byte = data[at]
        if byte == 0x7B and data[at + 1 : at + 2] != b"{":
            special = data[at + 1 : at + 2].decode("ascii", "replace")
            if special in ("A", "B", "C") and special:
                values.append({"A": 101, "B": 100, "C": 99}[special])
                code_set = special
            elif special == "S" and code_set != "C":
                values.append(_SHIFT)
                shifted = True
            elif special in ("1", "2", "3", "4") and special:
                function_4 = 101 if code_set == "A" else 100
                values.append({"1": _FNC1, "2": _FNC2, "3": _FNC3, "4": function_4}[special])
            else:
                raise Undrawable("unknown code set")
            at += 2
            continue
        effective = {"A": "B", "B": "A"}.get(code_set, code_set) if shifted else code_set
        values.append(_code_128_value(effective, byte))
        shifted = False
        at += 2 if byte == 0x7B else 1
    return values


def _code_128_value(code_set: str, byte: int) -> int:
    if code_set == "C" and byte <= 99:
        return byte
    if code_set == "B" and 0x20 <= byte <= 0x7F:
        return byte - 0x20
    if code_set == "A" and byte < 0x60:
        return byte - 0x20 if byte >= 0x20 else byte + 0x40
    raise Undrawable(f"code set {code_set} lacks a character")


def _code_128_text(data: bytes) -> Iterable[str]:
    code_set, at = "B", 0
    while at < len(data):
        byte = data[at]
        if byte == 0x7B and data[at + 1 : at + 2] != b"{":
            special = chr(data[at + 1]) if at + 1 < len(data) else ""
            code_set = special if special and special in "ABC" else code_set
            at += 2
            continue
        yield f"{byte:02d}" if code_set == "C" else chr(byte) if 0x20 <= byte < 0x7F else " "
        at += 2 if byte == 0x7B else 1


def _gs1_128(data: bytes) -> str:
    """Code 128 in code set B with FNC1 first; brackets and blanks around application identifiers are for people."""
    body = bytes(byte for byte in data if byte not in b"() *") if not data.startswith(b"{") else data[2:]
    return _code_128(b"{B{1" + body)


_DRAWINGS: dict[int, Callable[[bytes], str]] = {
    65: _upc_a,
    66: _upc_e,
    67: _ean13,
    68: _ean8,
    69: _code_39,
    70: _interleaved,
    71: _codabar,
    72: _code_93,
    73: _code_128,
    74: _gs1_128,
}
