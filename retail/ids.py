"""Identifiers: UUIDs for machines, receipt codes for people.

UUIDv7 (RFC 9562, section 5.7) begins with the time, so new rows land beside each other in an index. Within one
millisecond ``rand_a`` counts up (section 6.2, method 1): ids of one source are strictly increasing, even when its
clock goes back.
"""

import random
import re
import secrets
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Self
from uuid import UUID

from retail.clock import NOW_MS_MAX, Clock
from retail.errors import Fatal, Refused

_COUNTER_MAX = 0xFFF
_COUNTER_START_BITS = 11  # the top bit starts at zero: at least 2,048 ids before the counter runs over
_RAND_B_BITS = 62

STORE_MAX, REGISTER_MAX, NUMBER_MAX = 99_999_999, 9_999, 999_999_999
_RECEIPT_CODE = re.compile(r"[Ss]([0-9]{4,8}-[0-9]{4}-[0-9]{6,9})")


class IdSource(Protocol):
    """Where new identifiers come from."""

    def uuid7(self) -> UUID:
        """An id that nobody had before, greater than all that this source gave."""
        ...


class _Uuid7Source:
    """The sequence of one source. ``random_bits(n)`` is its chance: an integer of ``n`` bits."""

    def __init__(self, clock: Clock, random_bits: Callable[[int], int]) -> None:
        self._clock = clock
        self._random_bits = random_bits
        self._lock = threading.Lock()
        self._at_ms = -1
        self._counter = 0

    def uuid7(self) -> UUID:
        """A UUIDv7 greater than the last one. Raises :class:`Fatal` when the clock is not between 1970 and 9998."""
        now_ms = self._clock.now_ms()
        if not 0 <= now_ms < NOW_MS_MAX:
            raise Fatal(f"the clock is at {now_ms} ms, not between 1970 and 9998", "set the clock")
        with self._lock:
            self._counter += 1
            if now_ms > self._at_ms or self._counter > _COUNTER_MAX:
                # A counter that runs over borrows from the next millisecond, as section 6.2 allows.
                self._at_ms = max(now_ms, self._at_ms + 1)
                self._counter = self._random_bits(_COUNTER_START_BITS)
            return UUID(
                int=self._at_ms << 80 | 7 << 76 | self._counter << 64 | 0b10 << 62 | self._random_bits(_RAND_B_BITS)
            )


class SystemIds(_Uuid7Source):
    """Ids from the machine's chance, safe to share between threads."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock, secrets.randbits)


class SeededIds(_Uuid7Source):
    """Ids that a seed and a clock repeat exactly: for simulations and tests."""

    def __init__(self, seed: int, clock: Clock) -> None:
        super().__init__(clock, random.Random(seed).getrandbits)


def derived(namespace: UUID, name: str) -> UUID:
    """The id that always belongs to ``name`` in ``namespace``: UUIDv5 (RFC 9562, section 5.5)."""
    return uuid.uuid5(namespace, name)


@dataclass(frozen=True, slots=True, order=True)
class ReceiptCode:
    """What people call a sale: the store's number, the register in it and the receipt on it."""

    store: int
    register: int
    number: int

    def __post_init__(self) -> None:
        for field, value, most in (
            ("store", self.store, STORE_MAX),
            ("register", self.register, REGISTER_MAX),
            ("number", self.number, NUMBER_MAX),
        ):
            if not 0 <= value <= most:
                raise Refused(field, f"{value} does not fit a receipt code", f"give 0 to {most}")

    @classmethod
    def parse(cls, text: str, field: str = "receipt") -> Self:
        """Read ``S0412-0007-000123``, in small letters too, with white space around it.

        Raises :class:`Refused`, naming ``field``, for anything that :func:`str` would not have written.
        """
        match = _RECEIPT_CODE.fullmatch(text.strip())
        if match is not None:
            code = cls(*map(int, match[1].split("-")))
            if str(code) == f"S{match[1]}":  # no zeros beyond the fixed width, so that a sale has one code
                return code
        raise Refused(field, f"{text[:20]!r} is not a receipt code", "key it as printed, such as S0412-0007-000123")

    def __str__(self) -> str:
        return f"S{self.store:04}-{self.register:04}-{self.number:06}"
