# SPDX-License-Identifier: GPL-3.0-or-later
import hashlib
import json
import re

import pytest
from mien.service.http.page.static_files import FOLDER, MEDIA_TYPES, POLICY, is_static, static_files
from service_client import Service, check_problem


def test_every_file_is_sent_with_the_policy_and_asked_for_once(service: Service) -> None:
    assert {"/", "/page/page.js", "/page/style.css", "/page/three/three.module.js"} <= set(static_files())
    for path in static_files():
        reply = service.http.get(path)
        assert reply.status_code == 200 and reply.headers["content-security-policy"] == POLICY
        assert reply.headers["x-content-type-options"] == "nosniff"
        again = service.http.get(path, headers={"if-none-match": reply.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert service.http.get("/").headers["content-type"] == MEDIA_TYPES[".html"]


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    assert "unsafe" not in POLICY and "http" not in POLICY and "*" not in POLICY and "data:" not in POLICY
    assert "connect-src 'self' blob:;" in POLICY  # three.js fetches the brows of a glTF
    assert POLICY.startswith("default-src 'none'") and "frame-ancestors 'none'" in POLICY


def test_the_page_has_no_inline_script_style_or_handler() -> None:
    text = (FOLDER / "index.html").read_text("utf-8")
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text)
    assert re.findall(r"<script[^>]*>", text) == ['<script type="module" src="/page/page.js">']
    assert not re.search(r"(src|href)=\"(https?:)?//", text)
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    for name in re.findall(r'\s(?:for|aria-\w+by|aria-controls)="([^"]+)"', text):
        assert set(name.split()) <= set(ids), name


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.js")))
def test_own_scripts_set_no_markup_and_import_only_files_that_are_sent(name: str) -> None:
    text = (FOLDER / name).read_text("utf-8")
    assert text.startswith("// SPDX-License-Identifier: GPL-3.0-or-later\n")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)
    for path in re.findall(r'from "\./([^"]+)"', text):
        assert f"/page/{path}" in static_files()


def test_three_js_is_what_its_card_says() -> None:
    card = json.loads((FOLDER / "three" / "three.card.json").read_text("utf-8"))
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (FOLDER / "three").glob("*.js")}
    assert card["sha256"] == found and card["licence"] == "MIT"
    assert "Permission is hereby granted" in (FOLDER / "three" / card["licence_text"]).read_text("utf-8")


@pytest.mark.parametrize(
    "path", ["/page/", "/page/../app.py", "/page/%2e%2e/app.py", "/page/three/", "/page/x.js", "//"]
)
def test_other_paths_are_no_files(service: Service, path: str) -> None:
    assert not is_static({"method": "GET", "path": path})
    if path != "//":  # which httpx sends as "/"
        check_problem(service.http.get(path), 404, "There is nothing at")


def test_only_reading_is_static() -> None:
    assert is_static({"method": "HEAD", "path": "/"})
    assert not is_static({"method": "POST", "path": "/"})
