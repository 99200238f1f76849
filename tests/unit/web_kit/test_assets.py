"""Files under a URL that changes with them."""

from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from web_kit.assets import AssetMissing, Assets


def _folder(tmp_path: Path, **files: str) -> Path:
    folder = tmp_path / "static"
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


async def _get(assets: Assets, url: str, **headers: str) -> httpx.Response:
    app = Starlette(routes=[assets.route()])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        return await client.get(url, headers=headers)


async def test_a_file_is_kept_for_ever_under_its_hash(tmp_path: Path) -> None:
    assets = Assets("/static", [_folder(tmp_path, page_js="let a = 1;")])
    response = await _get(assets, assets.url("page.js"))
    assert response.text == "let a = 1;"
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-type"] == "text/javascript; charset=utf-8"
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_the_address_of_every_file_changes_with_any_of_them(tmp_path: Path) -> None:
    before = Assets("/static", [_folder(tmp_path, page_js="let a = 1;", other_css="a {}")])
    after = Assets("/static", [_folder(tmp_path, page_js="let a = 2;", other_css="a {}")])
    assert before.url("other.css") != after.url("other.css")
    again = Assets("/static", [_folder(tmp_path, page_js="let a = 2;", other_css="a {}")])
    assert after.url("other.css") == again.url("other.css")


async def test_a_page_from_before_an_upgrade_gets_the_new_file_and_keeps_it_not(tmp_path: Path) -> None:
    assets = Assets("/static", [_folder(tmp_path, page_js="let a = 1;")])
    response = await _get(assets, "/static/000000000000/page.js")
    assert response.text == "let a = 1;"
    assert response.headers["cache-control"] == "no-cache"


async def test_modules_find_each_other_by_relative_names(tmp_path: Path) -> None:
    assets = Assets("/static", [_folder(tmp_path, page_js='import "./times.js";')])
    assert assets.url("page.js").rsplit("/", 1)[0] == assets.url("times.js").rsplit("/", 1)[0]


async def test_files_are_compressed_for_those_who_can_read_it(tmp_path: Path) -> None:
    assets = Assets("/static", [_folder(tmp_path, page_css="a { color: red } " * 100)])
    small = await _get(assets, assets.url("page.css"), **{"accept-encoding": "gzip"})
    whole = await _get(assets, assets.url("page.css"), **{"accept-encoding": "identity"})
    assert small.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in whole.headers
    assert small.text == whole.text
    assert int(small.headers["content-length"]) < int(whole.headers["content-length"]) / 5


@pytest.mark.parametrize("name", ["%2e%2e/secret.txt", "..%2fsecret.txt", "notes.txt", "nothing.js", ""])
async def test_nothing_else_is_served(tmp_path: Path, name: str) -> None:
    folder = _folder(tmp_path, page_js="1", notes_txt="private")
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    assets = Assets("/static", [folder])
    assert (await _get(assets, f"/static/{assets.version}/{name}")).status_code == 404


def test_a_file_that_pages_need_is_missed_at_the_start_and_the_message_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(AssetMissing, match=r"vendor/htmx-2\.min\.js is missing.*pip install"):
        Assets("/static", [_folder(tmp_path, page_js="1")], required=["page.js", "vendor/htmx-2.min.js"])


def test_a_template_cannot_name_a_file_that_there_is_not(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        Assets("/static", [_folder(tmp_path, page_js="1")]).url("pgae.js")
