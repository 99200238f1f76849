"""Rules that every template, style sheet and script of ours keeps: they are read, not run."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FOLDERS = (ROOT / "web_kit", ROOT / "central" / "console", ROOT / "edge_node" / "lan" / "pages")
TEMPLATES = sorted(path for folder in FOLDERS for path in folder.rglob("templates/**/*.html"))
STYLES = sorted(path for folder in FOLDERS for path in folder.rglob("static/*.css"))
SCRIPTS = sorted(path for folder in FOLDERS for path in folder.rglob("static/*.js"))
EDGE_STYLES = [path for path in STYLES if "console" not in path.parts]

_COMMENT = {".html": r"\{#.*?#\}", ".css": r"/\*.*?\*/", ".js": r"//[^\n]*|/\*.*?\*/"}


def name(path: Path) -> str:
    """The path as a test shows it."""
    return path.relative_to(ROOT).as_posix()


def code(path: Path) -> str:
    """A file without its comments."""
    return re.sub(_COMMENT[path.suffix], "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


def found(path: Path, rules: dict[str, str]) -> Iterator[str]:
    """What of ``rules`` (a pattern and what it is) a file breaks."""
    text = code(path)
    for pattern, what in rules.items():
        for match in re.finditer(pattern, text):
            yield f"{what}: {match.group(0)[:60]!r}"


IN_TEMPLATES = {
    r"\|\s*safe\b": "text that is not escaped",
    r"(?i)autoescape\s+false": "escaping switched off",
    r"(?i)\sstyle\s*=": "an inline style",
    r"(?i)<style\b": "an inline style sheet",
    r"(?i)\son[a-z]+\s*=": "an inline handler",
    r"(?i)=[\"']\s*javascript:": "a script in an address",
    r"<script>(?!\{\{ head_script \}\}</script>)": "an inline script",
    r"(?i)(src|href|action)=[\"'](https?:)?//": "an address outside",
    r"[\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001ffff]": "a character as an icon",
}
IN_STYLES = {
    r"(?i)url\(": "a file that is loaded from a style sheet",
    r"@import": "a style sheet that loads another",
}
TOO_NEW_FOR_HANDHELDS = {
    r"@layer": "a cascade layer",
    r":has\(": ":has()",
    r"@container": "a container query",
    r"container-type": "a container",
    r"(?<![-\w])translate\s*:": "the translate property",
    r":is\(": ":is()",
    r":where\(": ":where()",
    r"light-dark\(": "light-dark()",
    r"color-mix\(": "color-mix()",
    r"\d(dvh|svh|lvh)\b": "a dynamic viewport unit",
    r"aspect-ratio": "aspect-ratio",
    r"&\s*[.:\[>]": "a nested selector",
}
NEWER_THAN_ES2020 = {
    r"\?\?=|\|\|=|&&=": "a logical assignment",
    r"\.at\(": ".at()",
    r"replaceAll\(": "replaceAll()",
    r"(?m)^\s*(static\s+)?#\w+": "a private field",
    r"structuredClone": "structuredClone()",
    r"Object\.hasOwn": "hasOwn()",
    r"(?m)^(await|for await)\b": "a top-level await",
    r"\d_\d": "a numeric separator",
    r"randomUUID": "randomUUID()",
    r"AbortSignal\.(timeout|any)": "AbortSignal.timeout()",
    r"Promise\.any": "Promise.any()",
    r"\bfindLast": "findLast()",
    r"crypto\.subtle|serviceWorker|navigator\.locks|wakeLock": "what needs a secure context",
}
IN_SCRIPTS = {
    r"\beval\(|new Function": "text that becomes a program",
    r"innerHTML|outerHTML\s*=|document\.write": "unescaped HTML",
    r"setAttribute\(\"style\"|\.style\.": "an inline style",
    r"https?://": "an address outside",
}


def test_there_is_something_to_read() -> None:
    assert len(TEMPLATES) > 15
    assert len(STYLES) >= 4
    assert len(SCRIPTS) > 8
    assert EDGE_STYLES


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_templates_escape_everything_and_hold_no_styles_scripts_or_handlers(path: Path) -> None:
    assert list(found(path, IN_TEMPLATES)) == []


@pytest.mark.parametrize("path", STYLES, ids=name)
def test_style_sheets_load_nothing(path: Path) -> None:
    assert list(found(path, IN_STYLES)) == []


@pytest.mark.parametrize("path", EDGE_STYLES, ids=name)
def test_style_sheets_of_the_store_work_in_chrome_87(path: Path) -> None:
    assert list(found(path, TOO_NEW_FOR_HANDHELDS)) == []
    assert nested_rules(code(path)) == []


def nested_rules(text: str) -> list[str]:
    """Rules inside rules; inside ``@media`` and the like they may be."""
    outer: list[str] = []
    nested = []
    for selector, brace in re.findall(r"([^{}]*)([{}])", text):
        if brace == "}":
            outer.pop()
            continue
        if outer and not outer[-1].startswith("@"):
            nested.append(selector.strip())
        outer.append(selector.strip().rpartition(";")[2].strip())
    return nested


def test_a_rule_inside_a_rule_is_noticed_and_one_inside_a_media_query_is_not() -> None:
    assert nested_rules(".a { color: b; .b { c: d } }") == ["color: b; .b"]
    assert nested_rules("@media (x) { .a { b: c } .d { e: f } }") == []


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_scripts_keep_to_es2020_and_make_no_html_of_text(path: Path) -> None:
    assert list(found(path, NEWER_THAN_ES2020 | IN_SCRIPTS)) == []


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        (IN_TEMPLATES, '<p style="color: red">'),
        (IN_TEMPLATES, "{{ name|safe }}"),
        (IN_TEMPLATES, "<a onclick='x()'>"),
        (IN_TEMPLATES, "<script>alert(1)</script>"),
        (IN_TEMPLATES, '<script src="//cdn.example/x.js">'),
        (TOO_NEW_FOR_HANDHELDS, ".a { translate: 1px }"),
        (TOO_NEW_FOR_HANDHELDS, ".a:has(.b) { }"),
        (NEWER_THAN_ES2020, "a ??= b"),
        (NEWER_THAN_ES2020, "list.at(-1)"),
        (IN_SCRIPTS, "element.innerHTML = text"),
    ],
)
def test_the_rules_notice_what_they_forbid(rules: dict[str, str], text: str, tmp_path: Path) -> None:
    suffix = ".html" if rules is IN_TEMPLATES else ".css" if rules is TOO_NEW_FOR_HANDHELDS else ".js"
    path = tmp_path / f"sample{suffix}"
    path.write_text(text, encoding="utf-8")
    assert list(found(path, rules))


def test_no_script_imports_what_is_not_served_beside_it() -> None:
    names = {path.name for path in SCRIPTS}
    for path in SCRIPTS:
        for imported in re.findall(r"(?:from|import) \"\./([^\"]+)\"", path.read_text(encoding="utf-8")):
            assert imported in names, name(path)
