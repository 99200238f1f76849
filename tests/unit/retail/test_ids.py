import time
from concurrent.futures import ThreadPoolExecutor
from uuid import NAMESPACE_DNS, RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.clock import NOW_MS_MAX, ManualClock, SystemClock
from retail.errors import Fatal, Refused
from retail.ids import NUMBER_MAX, REGISTER_MAX, STORE_MAX, ReceiptCode, SeededIds, SystemIds, _Uuid7Source, derived

codes = st.builds(ReceiptCode, st.integers(0, STORE_MAX), st.integers(0, REGISTER_MAX), st.integers(0, NUMBER_MAX))


def unix_ms(id: UUID) -> int:
    return id.int >> 80


@given(st.integers(0, NOW_MS_MAX - 1), st.integers())
def test_a_uuid7_states_its_time_version_and_variant(now_ms: int, seed: int) -> None:
    id = SeededIds(seed, ManualClock(now_ms)).uuid7()
    assert (unix_ms(id), id.version, id.variant) == (now_ms, 7, RFC_4122)


def test_the_layout_is_that_of_the_example_in_rfc_9562() -> None:
    example = UUID("017F22E2-79B0-7CC3-98C4-DC0C0C07398F")  # appendix A.6
    assert unix_ms(SeededIds(1, ManualClock(0x017F22E279B0)).uuid7()) == unix_ms(example)
    assert str(SeededIds(1, ManualClock(0x017F22E279B0)).uuid7()).startswith("017f22e2-79b0-7")


@given(st.integers(), st.lists(st.integers(-(10**6), 10**6), max_size=50))
def test_ids_always_grow_even_when_the_clock_goes_back(seed: int, jumps: list[int]) -> None:
    clock = ManualClock()
    ids = SeededIds(seed, clock)
    made = [ids.uuid7()]
    for jump in jumps:
        clock.set_wall(clock.now_ms() + jump)
        made.append(ids.uuid7())
    assert made == sorted(set(made))


@pytest.mark.parametrize("seed", range(20))
def test_one_millisecond_has_room_for_two_thousand_ids_and_then_borrows_the_next(seed: int) -> None:
    clock = ManualClock()
    ids = SeededIds(seed, clock)
    made = [ids.uuid7() for _ in range(6000)]
    assert made == sorted(set(made))
    assert unix_ms(made[2047]) == clock.now_ms()
    assert clock.now_ms() < unix_ms(made[-1]) <= clock.now_ms() + 2


def test_a_seed_and_a_clock_repeat_every_id_and_another_seed_none() -> None:
    def some(seed: int) -> list[UUID]:
        ids = SeededIds(seed, ManualClock())
        return [ids.uuid7() for _ in range(20)]

    assert some(7) == some(7)
    assert not set(some(7)) & set(some(8))


def test_threads_share_a_source_without_getting_the_same_id() -> None:
    def slow_start(bits: int) -> int:
        time.sleep(0.05 if bits < 62 else 0)  # lets the other threads in while the count begins, if nothing stops them
        return 0

    ids = _Uuid7Source(ManualClock(), slow_start)
    with ThreadPoolExecutor(8) as pool:
        batches = list(pool.map(lambda _: [ids.uuid7() for _ in range(20)], range(8)))
    assert all(batch == sorted(batch) for batch in batches)
    assert len({id for batch in batches for id in batch}) == 160


def test_two_sources_of_one_machine_do_not_meet() -> None:
    clock = ManualClock()
    assert SystemIds(clock).uuid7() != SystemIds(clock).uuid7()
    assert SystemIds(SystemClock()).uuid7().version == 7


@pytest.mark.parametrize("now_ms", [-1, NOW_MS_MAX])
def test_a_clock_that_cannot_be_right_makes_no_ids(now_ms: int) -> None:
    with pytest.raises(Fatal, match="set the clock"):
        SystemIds(ManualClock(now_ms)).uuid7()


def test_a_derived_id_belongs_to_its_name_for_ever() -> None:
    assert derived(NAMESPACE_DNS, "www.example.com") == UUID("2ed6657d-e927-568b-95e1-2665a8aea6a2")  # RFC 9562, A.4
    assert derived(NAMESPACE_DNS, "a") != derived(NAMESPACE_DNS, "b")


def test_a_receipt_code_reads_as_printed() -> None:
    code = ReceiptCode(store=412, register=7, number=123)
    assert str(code) == "S0412-0007-000123"
    assert ReceiptCode.parse(" s0412-0007-000123\n") == code


@given(codes)
def test_a_receipt_code_reads_back_what_it_writes(code: ReceiptCode) -> None:
    assert ReceiptCode.parse(str(code)) == code


@pytest.mark.parametrize(
    "text",
    ["", "0412-0007-000123", "S412-0007-000123", "S0412-007-000123", "S0412-0007-00123", "S00412-0007-000123",
     "S0412-0007-0000123", "S0412-0007-000123-1", "S٠٤١٢-0007-000123", "ſ0412-0007-000123", "S0412--007-000123"],
)  # fmt: skip
def test_a_sale_has_one_code_and_anything_else_is_refused(text: str) -> None:
    with pytest.raises(Refused, match=r"^code: .*such as S0412-0007-000123$"):
        ReceiptCode.parse(text, field="code")


@pytest.mark.parametrize(
    ("field", "parts"),
    [("store", (STORE_MAX + 1, 1, 1)), ("register", (1, REGISTER_MAX + 1, 1)), ("number", (1, 1, NUMBER_MAX + 1)),
     ("store", (-1, 1, 1))],
)  # fmt: skip
def test_a_number_that_the_code_cannot_show_is_refused(field: str, parts: tuple[int, int, int]) -> None:
    with pytest.raises(Refused, match=f"^{field}: "):
        ReceiptCode(*parts)
