# SPDX-License-Identifier: GPL-3.0-or-later
"""Chromium, driven by Playwright, on the backend's page. Tests skip where one of them is not installed; those of
accessibility where axe-core is neither the extra `page` nor a file that MIEN_AXE names."""

from __future__ import annotations

import importlib.util
import io
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

FLAGS = (
    "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--autoplay-policy=no-user-gesture-required",
)  # fmt: skip
WAIT_MS = 60_000  # for anything; a loaded machine draws slowly


@contextmanager
def chromium() -> Iterator:
    """A browser without a window. Skips where there is none."""
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="the page is driven by Playwright: pip install 'mien[page]'"
    )
    path = os.environ.get("MIEN_CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.skip("the page is driven in Chromium: install it, or name it in MIEN_CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


class Tab:
    """One tab of a fresh profile. `faults`: errors of scripts and of the policy; `foreign`: requests to elsewhere."""

    def __init__(self, browser, url: str, **context: object) -> None:
        self.url, self.faults, self.foreign = url, [], []
        self.context = browser.new_context(**{"viewport": {"width": 1400, "height": 1000}, **context})
        self.context.set_default_timeout(WAIT_MS)
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._note)
        self.page.on("request", self._look)

    def _note(self, message) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.faults.append(message.text)

    def _look(self, request) -> None:
        if not request.url.startswith((self.url, "blob:", "data:")):
            self.foreign.append(request.url)

    def open(self, path: str = "/"):
        self.page.goto(self.url + path)
        return self.page

    def pixels(self, selector: str) -> np.ndarray:
        """(H, W, 3) what is seen of an element, after two frames were drawn."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return np.asarray(Image.open(io.BytesIO(self.page.locator(selector).screenshot())).convert("RGB")).astype(int)

    def until(self, expression: str) -> None:
        """Wait until the JavaScript is true. (Playwright's own wait_for_function evaluates text in the page, which the
        page's policy forbids.)"""
        last = time.monotonic() + WAIT_MS / 1000
        while not self.page.evaluate(f"() => Boolean({expression})"):
            assert time.monotonic() < last, f"not within {WAIT_MS / 1000:g} s: {expression}"
            self.page.wait_for_timeout(20)

    def slide(self, selector: str, value: float) -> None:
        """Move a slider, as a user does."""
        script = (
            "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input', {bubbles: true})); }"
        )
        self.page.locator(selector).evaluate(script, value)

    def close(self) -> None:
        self.context.close()


def axe_script() -> Path:
    """axe.min.js. Skips where there is none."""
    if path := os.environ.get("MIEN_AXE"):
        return Path(path)
    package = importlib.util.find_spec("axe_playwright_python")
    if package is None or package.origin is None:
        pytest.skip("accessibility is checked by axe-core: pip install 'mien[page]', or name axe.min.js in MIEN_AXE")
    return Path(package.origin).with_name("axe.min.js")
