"""Pages: escaping always on, and a policy that lets nothing run but our own files."""

import base64
import hashlib
import re
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from web_kit.assets import Assets
from web_kit.pages import Pages

PAGE = '{% extends "kit/base.html" %}{% block title %}T{% endblock %}{% block body %}<p>{{ name }}</p>{% endblock %}'


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    (tmp_path / "page.html").write_text(PAGE, encoding="utf-8")
    (tmp_path / "parts.html").write_text(
        '{% from "kit/parts.html" import tag, banner %}{{ tag("bad", name) }}{{ banner("warn", name) }}',
        encoding="utf-8",
    )
    return Pages(tmp_path, Assets("/static", []))


def test_what_comes_from_outside_is_text_and_never_a_tag(pages: Pages) -> None:
    evil = "<script>alert(1)</script>\"'&"
    for template in ("page.html", "parts.html"):
        html = pages.render(template, name=evil)
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&amp;" in html


def test_the_policy_allows_the_one_inline_script_by_its_hash_and_no_other(pages: Pages) -> None:
    answer = pages.answer("page.html", name="x")
    policy = answer.headers["content-security-policy"]
    scripts = re.findall(r"<script>(.*?)</script>", bytes(answer.body).decode(), flags=re.DOTALL)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert "http" not in policy


def test_pages_are_kept_by_no_cache_and_framed_by_nobody(pages: Pages) -> None:
    headers = pages.answer("page.html", status=503, name="x").headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_a_name_that_a_page_was_not_given_is_an_error_and_not_a_gap(pages: Pages) -> None:
    with pytest.raises(UndefinedError, match="name"):
        pages.render("page.html")


def test_pages_state_their_language_and_let_people_skip_the_menu(pages: Pages) -> None:
    html = pages.render("page.html", name="x")
    assert '<html lang="en">' in html
    assert '<a class="skip" href="#content">' in html
    assert "user-scalable" not in html
