"""Device profiles: the shipped ones are sound, and a wrong one is refused by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_config.profiles import PROFILES_MAX, Proof, Suffix, parse_profiles, shipped_profiles
from retail.errors import Refused


def test_the_shipped_profiles_can_be_found_by_their_names() -> None:
    profiles = shipped_profiles()
    assert profiles.find_printer("epson-tm-t20").columns == 48
    assert profiles.find_printer("epson-tm-t88").proof is Proof.PROCESS_ID
    assert profiles.find_scanner("rs232").suffix is Suffix.CRLF
    assert all(profile.name == name for name, profile in profiles.printer.items())


def test_every_shipped_line_of_text_fits_the_paper_in_characters_of_twelve_dots() -> None:
    assert [each.name for each in shipped_profiles().printer.values() if each.columns * 12 > each.dots] == []


def test_a_printer_is_recognised_by_its_usb_ids() -> None:
    profile = shipped_profiles().for_usb(0x04B8, 0x0E28)
    assert profile is not None
    assert profile.name == "epson-tm-t20"
    assert shipped_profiles().for_usb(0x04B8, 0x0202) is None


def test_a_stores_own_profiles_lie_over_the_shipped_ones() -> None:
    more = '[printer.epson-tm-t20]\nmodel = "Ours"\ndrawer_open_high = true\n[printer.kiosk]\nmodel = "Kiosk"\n'
    profiles = shipped_profiles().overlaid(more)
    assert profiles.find_printer("epson-tm-t20").drawer_open_high
    assert profiles.find_printer("kiosk").model == "Kiosk"
    assert profiles.find_printer("generic-80mm") == shipped_profiles().find_printer("generic-80mm")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x =", "not TOML"),
        ("[printr.x]", "printr"),
        ("printer = 3", "printer"),
        ('[printer.X]\nmodel = "m"', "'X' is no name"),
        ("[printer.x]", r"\[printer.x\].*model"),
        ('[printer.x]\nmodel = "m"\ncolour = 1', "colour"),
        ('[printer.x]\nmodel = "m"\ncolumns = 3', "columns"),
        ('[printer.x]\nmodel = "m"\ncolumns = true', "columns"),
        ('[printer.x]\nmodel = "m"\ndrawer_pin = 3', "drawer_pin"),
        ('[printer.x]\nmodel = "m"\nproof = "honour"', "proof"),
        ('[printer.x]\nmodel = "m"\nusb = ["04B8:1"]', "usb"),
        ('[scanner.x]\nmodel = "m"\nbaud = 1', "baud"),
        ('[scanner.x]\nmodel = "m"\nsuffix = "bell"', "suffix"),
    ],
)
def test_a_wrong_profile_is_refused_and_named(text: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        parse_profiles(text)


def test_there_is_a_limit_to_the_number_of_profiles() -> None:
    text = "".join(f'[printer.p{number}]\nmodel = "m"\n' for number in range(PROFILES_MAX + 1))
    with pytest.raises(Refused):
        parse_profiles(text)


@pytest.mark.parametrize("kind", ["printer", "scanner"])
def test_an_unknown_name_is_answered_with_the_known_ones(kind: str) -> None:
    with pytest.raises(Refused, match=r"use one of .*(epson-tm-t20|rs232)"):
        getattr(shipped_profiles(), f"find_{kind}")("nothing")


@given(st.text(max_size=200))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        parse_profiles(text)
    except Refused:
        return
