"""A glossary that is hard to search is not read."""

import re
from pathlib import Path

GLOSSARY = Path(__file__).parents[2] / "docs" / "glossary.md"
ENTRY = re.compile(r"- \*\*(?P<term>[^*]+)\*\*(?: \([^)]+\))?: (?P<meaning>.+)")


def entries() -> list[tuple[str, str]]:
    lines = [line for line in GLOSSARY.read_text(encoding="utf-8").splitlines() if line.startswith("-")]
    matches = [(line, ENTRY.fullmatch(line)) for line in lines]
    assert [line for line, match in matches if match is None] == []
    return [(match["term"], match["meaning"]) for _, match in matches if match is not None]


def test_terms_stand_once_and_in_alphabetical_order() -> None:
    terms = [term.casefold() for term, _ in entries()]
    assert len(terms) > 50
    assert terms == sorted(set(terms))


def test_every_term_is_explained_in_one_sentence() -> None:
    assert [term for term, meaning in entries() if not meaning.endswith(".") or ". " in meaning] == []
