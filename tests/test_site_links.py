# SPDX-License-Identifier: GPL-3.0-or-later
"""Links out of docs/, on the site: to what exists, and no others."""

import importlib.util
import re
from pathlib import Path
from types import SimpleNamespace

from checkout import ROOT

spec = importlib.util.spec_from_file_location("site_links", ROOT / "docs" / "site_links.py")
site_links = importlib.util.module_from_spec(spec)
spec.loader.exec_module(site_links)
PAGE = SimpleNamespace(file=SimpleNamespace(src_uri="contributing.md"))


def replaced(text: str, repo_url: str | None = None) -> str:
    return site_links.on_page_markdown(text, PAGE, SimpleNamespace(repo_url=repo_url), None)


def test_without_an_address_a_link_becomes_the_file_it_names() -> None:
    assert replaced("see [dev.py](../dev.py).") == "see `dev.py`."
    assert replaced("[the table](../tests/test_layers.py)") == "the table (`tests/test_layers.py`)"


def test_with_an_address_it_leads_there() -> None:
    assert replaced("[dev.py](../dev.py#L3)", "https://host/x/") == "[dev.py](https://host/x/blob/main/dev.py#L3)"


def test_pages_pictures_and_broken_links_stay() -> None:
    for text in ("[a](manual.md)", "![a](../addon/pictures/panel.png)", "[a](../no/such.md)"):
        assert replaced(text) == text


def test_links_between_pages_of_two_folders_stay() -> None:
    page = SimpleNamespace(file=SimpleNamespace(src_uri="measurements/dubbing.md"))
    text = "[dubbing](../dubbing.md#results), [dev.py](../../dev.py)"
    done = site_links.on_page_markdown(text, page, SimpleNamespace(repo_url=None), None)
    assert done == "[dubbing](../dubbing.md#results), `dev.py`"


def anchors(page: Path) -> set[str]:
    """Of a page's headings, as GitHub and mkdocs make them."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.M | re.S)
    titles = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title) for title in re.findall(r"^#+ (.+)$", text, re.M)]
    return {re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", title).strip().lower()) for title in titles}


def test_links_lead_to_files_and_headings() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "meshes").glob("*.md")]
    assert len(pages) > 30
    for page in pages:
        for path, anchor in re.findall(r"\]\(([^)#\s:]*)(#[^)\s]*)?\)", page.read_text("utf-8")):
            target = page.parent / path if path else page
            assert target.exists(), (page.name, path)
            assert not anchor or anchor[1:] in anchors(target), (page.name, path, anchor)


def test_pictures_of_pages_are_in_the_site() -> None:
    """mkdocs copies docs/ alone, and refuses a picture from elsewhere in a strict build."""
    docs = ROOT / "docs"
    for page in docs.rglob("*.md"):
        for target in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text("utf-8")):
            picture = (page.parent / target).resolve()
            assert picture.is_file() and picture.is_relative_to(docs), (page.name, target)
