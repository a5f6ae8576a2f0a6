# SPDX-License-Identifier: GPL-3.0-or-later
"""The page in a real Chromium: what a producer does with it, and what goes wrong meanwhile."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile
from films import squares, write_pictures
from mien.direction import INTENSITY, strength
from mien.service.network.tokens import Tokens
from mien.service.server import CLIENTS
from mien.take import read_take
from page_browser import Tab, axe_script, chromium
from page_server import GREY, PageServer
from PIL import Image

RATE = 16000
CONSENT = "Nobody: grey squares, made by a test"
NOTE_FIELDS = """() => {
    const append = FormData.prototype.append;
    window.fields = {};
    FormData.prototype.append = function (name, value) {
        window.fields[name] = String(value);
        return append.call(this, name, value);
    };
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator:
    with chromium() as each:
        yield each


@pytest.fixture(scope="module")
def server(browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageServer]:
    each = PageServer(tmp_path_factory.mktemp("page"))
    yield each
    each.kill()


@pytest.fixture
def tab(browser, server: PageServer) -> Iterator[Tab]:
    """On the page; in the end nothing was loaded from elsewhere and no script failed."""
    each = Tab(browser, server.url)
    each.open().wait_for_selector("#speak-emotions input")
    yield each
    each.close()
    assert each.foreign == [] and each.faults == []


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A voice that is silent, then loud; a film of 2 s, a photo and voices for them."""
    folder = tmp_path_factory.mktemp("files")
    times = np.arange(2 * RATE) / RATE
    soundfile.write(folder / "voice.wav", 0.5 * np.sin(800 * times) * (times > 1), RATE)
    for name in ("line.wav", "held.wav", "refused.wav"):
        soundfile.write(folder / name, 0.1 * np.sin(800 * times), RATE)
    write_pictures(folder / "film.mp4", squares(50, (96, 96)), [Fraction(i, 25) for i in range(50)])
    Image.new("RGB", (96, 96), (200, 120, 80)).save(folder / "photo.png")
    return {path.name: path for path in folder.iterdir()}


def speak(tab: Tab, voice: Path, emotion: str = "neutral", takes: int = 1) -> None:
    """Ask for takes, and wait until the head shows the first."""
    page = tab.page
    page.set_input_files("#speak-sound", voice)
    page.check(f"#speak-emotions input[value={emotion}]")
    page.fill("#speak-takes", str(takes))
    page.click("#speak-form button[type=submit]")
    page.wait_for_selector("#head-play:enabled")


def dub(tab: Tab, files: dict[str, Path], voice: str) -> None:
    page = tab.page
    page.click("#tab-dub")
    page.set_input_files("#dub-shown", files["film.mp4"])
    page.set_input_files("#dub-voice", files[voice])
    page.fill("#dub-consent", CONSENT)
    page.click("#dub-form button[type=submit]")


def test_a_voice_goes_in_and_the_head_speaks(tab: Tab, files: dict[str, Path]) -> None:
    speak(tab, files["voice.wav"])

    def face(seconds: float) -> np.ndarray:
        tab.slide("#head-time", seconds)
        tab.until("document.getElementById('voice').seeking === false")
        return tab.pixels("#head")

    shut, open_, again = face(0.5), face(1.5), face(0.5)
    height, width = shut.shape[:2]
    mouth = np.s_[height // 2 : height * 9 // 10, width // 4 : width * 3 // 4]
    moved, same = (np.abs(each - shut)[mouth].max(2) > 30 for each in (open_, again))
    assert moved.mean() > 0.01 and same.mean() < 0.001
    ground = shut[4:24, 4:24].mean((0, 1))
    assert (np.abs(shut - ground).max(2) > 30).mean() > 0.1  # a head is there at all


def test_it_plays_pauses_and_follows_the_sound(tab: Tab, files: dict[str, Path]) -> None:
    speak(tab, files["voice.wav"])
    page = tab.page
    page.click("#head-play")
    tab.until("document.getElementById('voice').currentTime > 0.3")
    tab.until("Number(document.getElementById('head-time').value) > 0.2")
    tab.until("document.getElementById('voice').ended")
    tab.until("document.getElementById('head-play').textContent === 'Play'")
    assert page.text_content("#head-clock") == "0:02.0"


def test_takes_emotion_faces_and_downloads(tab: Tab, server: PageServer, files: dict[str, Path]) -> None:
    speak(tab, files["line.wav"], "happy", takes=3)
    page = tab.page
    tab.until("document.querySelectorAll('#take-list input:enabled').length === 3")
    ids = page.eval_on_selector_all("#take-list input", "inputs => inputs.map((input) => input.value)")
    page.check(f"#take-list input[value='{ids[2]}']")
    page.wait_for_selector(f"#head[data-take='{ids[2]}']")
    with page.expect_download() as download:
        page.click("#take-download")
    content = download.value.path().read_bytes()
    assert download.value.suggested_filename == "line.2.take.safetensors"
    assert content == server.http.get(f"/v1/takes/{ids[2]}/result").content
    assert read_take(content).channel("mouthSmileLeft").max() == pytest.approx(strength(INTENSITY), abs=1e-6)
    page.select_option("#head-face", "old_man")
    page.wait_for_selector("#head[data-face='old_man']")
    page.select_option("#take-format", "glb")
    with page.expect_download() as download:
        page.click("#take-download")
    assert download.value.path().read_bytes()[:4] == b"glTF" and download.value.suggested_filename == "line.2.glb"


def test_what_was_made_is_still_there_after_a_reload(tab: Tab, files: dict[str, Path]) -> None:
    speak(tab, files["voice.wav"], "sad")
    shown = tab.page.get_attribute("#head", "data-take")
    tab.page.reload()
    tab.page.wait_for_selector(f"#head[data-take='{shown}']")
    tab.until("document.getElementById('voice').duration > 1.9")  # as the backend decoded it


def test_what_is_wrong_is_a_sentence_beside_the_form(tab: Tab, files: dict[str, Path], tmp_path: Path) -> None:
    page = tab.page
    page.click("#speak-form button[type=submit]")
    assert page.text_content("#speak-problem") == "Choose a voice first."
    assert page.evaluate("document.activeElement.id") == "speak-sound"
    text = tmp_path / "note.wav"
    text.write_text("no sound at all")
    page.set_input_files("#speak-sound", text)
    page.click("#speak-form button[type=submit]")
    tab.until("document.getElementById('speak-problem').textContent.includes('note.wav')")
    page.fill("#speak-takes", "99")
    page.click("#speak-form button[type=submit]")
    assert page.text_content("#speak-problem") == "Ask for 1 to 8 takes."
    dub(
        tab, files | {"film.mp4": files["photo.png"]}, "line.wav"
    )  # a photo is no film, and the consent is not asked twice
    page.fill("#dub-consent", "")
    page.set_input_files("#dub-shown", text)
    page.click("#dub-form button[type=submit]")
    tab.until("document.getElementById('dub-problem').textContent.includes('agreed to such a film')")


def test_a_file_can_be_dropped(tab: Tab) -> None:
    script = """frame => {
        const data = new DataTransfer();
        data.items.add(new File(["abc"], "dropped.wav", {type: "audio/wav"}));
        frame.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
    }"""
    tab.page.locator("#speak-form .drop").evaluate(script)
    assert tab.page.evaluate("document.getElementById('speak-sound').files[0].name") == "dropped.wav"


def test_a_dub_is_compared_with_both_players_scrubbed_together(tab: Tab, files: dict[str, Path]) -> None:
    dub(tab, files, "line.wav")
    page = tab.page
    page.wait_for_selector("#dub-compare .play:enabled")
    place = "() => [...document.querySelectorAll('#dub-compare video')].map((film) => film.currentTime)"
    tab.until("[...document.querySelectorAll('#dub-compare video')].every((film) => film.readyState >= 2)")
    tab.slide("#dub-compare .time", 0.6)
    tab.until("[...document.querySelectorAll('#dub-compare video')].every((film) => !film.seeking)")
    assert page.evaluate(place) == [0.6, 0.6]
    before, after = (tab.pixels(f"#dub-compare .{name} video") for name in ("before", "after"))
    middle = np.s_[40:60, 40:60]
    assert abs(before[middle].mean() - (40 + 150 * 15 / 49)) < 8 and abs(after[middle].mean() - GREY) < 8
    page.click("#dub-compare .play")
    tab.until("document.querySelector('#dub-compare .after video').currentTime > 0.8")
    tab.until("document.querySelector('#dub-compare .before video').currentTime > 0.8")
    tab.until("document.querySelector('#dub-compare .play').textContent === 'Play'")  # the film has ended
    assert abs(np.subtract(*page.evaluate(place))) < 0.3
    page.check("#dub-compare .sound input[value=before]")
    muted = page.evaluate("[...document.querySelectorAll('#dub-compare video')].map((film) => film.muted)")
    assert muted == [False, True]
    with page.expect_download() as download:
        page.click("#dub-compare .download")
    assert download.value.suggested_filename == "film.dub.mp4"


def test_a_portrait_is_shown_beside_its_photo(tab: Tab, files: dict[str, Path]) -> None:
    page = tab.page
    page.click("#tab-portrait")
    page.set_input_files("#portrait-shown", files["photo.png"])
    page.set_input_files("#portrait-voice", files["line.wav"])
    page.fill("#portrait-consent", CONSENT)
    page.click("#portrait-form button[type=submit]")
    page.wait_for_selector("#portrait-compare .after video")
    assert page.get_attribute("#portrait-compare .before img", "alt") == "The photo as it was"
    assert abs(tab.pixels("#portrait-compare .before img")[40:60, 40:60].mean((0, 1)) - (200, 120, 80)).max() < 3
    assert page.text_content("#portrait-compare .compare-note") == "photo.png, with the voice line.wav"
    page.reload()  # the photo is then the backend's copy
    page.locator("#queue li", has_text="Portrait of photo.png").first.get_by_role("button", name="Open").click()
    page.wait_for_selector("#portrait-compare .before img")


def test_a_talk_is_requested_with_its_gestures(tab: Tab, server: PageServer, files: dict[str, Path]) -> None:
    page = tab.page
    page.click("#tab-talk")
    page.click("#talk-form button[type=submit]")
    assert page.text_content("#talk-problem") == "Choose a photo first."
    page.set_input_files("#talk-shown", files["photo.png"])
    page.set_input_files("#talk-voice", files["line.wav"])
    page.fill("#talk-consent", CONSENT)
    tab.slide("#talk-gestures", 50)
    page.select_option("#talk-hands", "left")
    page.evaluate(NOTE_FIELDS)
    page.click("#talk-form button[type=submit]")
    page.wait_for_selector("#talk-compare .after video")
    fields = page.evaluate("window.fields")
    assert fields["make"] == "talk" and fields["consent"] == CONSENT
    assert {"gestures": 0.5, "hands": "left", "strength": 1}.items() <= json.loads(fields["options"]).items()
    assert page.get_attribute("#talk-compare .before img", "alt") == "The photo as it was"
    with page.expect_download() as download:
        page.click("#talk-compare .download")
    assert download.value.suggested_filename == "photo.talk.mp4"
    page.reload()
    page.locator("#queue li", has_text="Talk of photo.png").first.get_by_role("button", name="Open").click()
    page.wait_for_selector("#talk-compare .before img")
    assert server.http.get("/page/jobs").json()["jobs"][0]["make"] == "talk"


def test_a_job_is_cancelled_and_then_removed(tab: Tab, server: PageServer, files: dict[str, Path]) -> None:
    dub(tab, files, "held.wav")
    page = tab.page
    row = page.locator("#queue li[data-state=running]")
    row.wait_for()
    tab.until("document.querySelector('#queue li[data-state=running] progress').value === 0.25")
    assert re.match(r"Tracking, 25 %", row.locator("p.quiet").text_content())
    job_id = row.get_attribute("data-job")
    row.get_by_role("button", name="Cancel").click()
    row = page.locator(f"#queue li[data-job='{job_id}']")
    row.get_by_text("Cancelled", exact=True).wait_for()
    assert server.http.get(f"/v1/films/{job_id}").json()["state"] == "cancelled"
    row.get_by_role("button", name="Remove").click()
    row.wait_for(state="detached")
    assert server.http.get(f"/v1/films/{job_id}").status_code == 404


def test_a_film_that_failed_says_why_beside_its_form(tab: Tab, files: dict[str, Path]) -> None:
    dub(tab, files, "refused.wav")
    tab.until("document.getElementById('dub-problem').textContent.includes('shows nobody; choose another')")
    assert "shows nobody" in tab.page.text_content("#queue li[data-state=failed]")


def test_machines_are_shown_while_their_tab_is(tab: Tab) -> None:
    tab.page.click("#tab-machines")
    tab.page.wait_for_selector("#machine-list table")
    text = tab.page.text_content("#machine-list")
    assert "Memory" in text and "Disk" in text and "Cache of Mien" in text and "Takes" in text
    with tab.page.expect_request("**/page/machines"):
        pass


def test_a_backend_that_is_killed_and_comes_back(browser, tmp_path: Path, files: dict[str, Path]) -> None:
    server = PageServer(tmp_path)
    try:
        tab = Tab(browser, server.url)
        page = tab.open()
        page.wait_for_selector("#speak-emotions input")
        speak(tab, files["voice.wav"])
        dub(tab, files, "held.wav")
        page.wait_for_selector("#queue li[data-state=running]")
        server.kill()
        page.wait_for_selector("#outage:visible")
        assert "does not answer" in page.text_content("#outage")
        page.click("#tab-speak")
        page.click("#speak-form button[type=submit]")
        tab.until("document.getElementById('speak-problem').textContent.includes('does not answer')")
        server.start()
        page.wait_for_selector("#outage", state="hidden")
        page.wait_for_selector("#queue li[data-state=running]")  # the film that was accepted goes on
        page.wait_for_selector("#queue li[data-state=done]")
        page.click("#speak-form button[type=submit]")
        tab.until("document.querySelectorAll('#queue li[data-state=done]').length === 2")
        assert tab.faults == [] and tab.foreign == []
        tab.close()
    finally:
        server.kill()


@pytest.fixture(scope="module")
def guarded(browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PageServer, str]]:
    """A backend for a room, on loopback so that no network is needed, and the token of one client."""
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "data").mkdir()
    token = Tokens(folder / "data" / CLIENTS).add("anna")
    server = PageServer(folder, lan=True, host="127.0.0.1")
    yield server, token
    server.kill()


def test_a_token_is_asked_for_and_a_wrong_one_refused(browser, guarded: tuple[PageServer, str], files) -> None:
    server, token = guarded
    tab = Tab(browser, server.url)
    page = tab.open()
    page.wait_for_selector("#token-dialog[open]")
    tab.until("document.getElementById('token-sentence').textContent.includes('asks for a token')")
    assert page.evaluate("document.activeElement.id") == "token-input"
    page.fill("#token-input", token[:-1])
    page.keyboard.press("Enter")
    tab.until("document.getElementById('token-sentence').textContent.includes('not one of this backend')")
    page.wait_for_selector("#token-dialog[open]")
    page.fill("#token-input", token)
    page.keyboard.press("Enter")
    page.wait_for_selector("#speak-emotions input", state="visible")
    assert not page.is_visible("#token-dialog")
    speak(tab, files["voice.wav"])
    page.reload()
    page.wait_for_selector("#head-play:enabled")
    assert not page.is_visible("#token-dialog")
    assert token not in page.content() and page.evaluate("JSON.stringify(localStorage)") == "{}"
    other = tab.context.new_page()  # a tab of its own: it has no token
    other.goto(server.url)
    other.wait_for_selector("#token-dialog[open]")
    other.keyboard.press("Escape")
    other.wait_for_selector("#token-button:visible")
    assert tab.foreign == [] and tab.faults == []
    tab.close()


def test_a_late_refusal_of_the_token_before_opens_no_dialog(browser, guarded: tuple[PageServer, str]) -> None:
    server, token = guarded
    wrong = token[:-1]
    tab = Tab(browser, server.url)
    page = tab.open()
    late = []

    def hold(route) -> None:
        if route.request.headers.get("authorization") == f"Bearer {wrong}":
            late.append(route)
        else:
            route.continue_()

    page.route("**/page/faces", hold)
    page.route("**/page/jobs", hold)
    page.wait_for_selector("#token-dialog[open]")
    page.fill("#token-input", wrong)
    page.keyboard.press("Enter")
    tab.until("document.getElementById('token-sentence').textContent.includes('not one of this backend')")
    while len(late) < 2:
        page.wait_for_timeout(20)
    page.fill("#token-input", token)
    page.keyboard.press("Enter")
    page.wait_for_selector("#speak-emotions input", state="visible")
    for each in late:
        with page.expect_response(lambda answer: answer.status == 401), page.expect_response(lambda answer: answer.ok):
            each.continue_()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert not page.is_visible("#token-dialog")
    page.wait_for_event("response", lambda answer: answer.url.endswith("/page/jobs") and answer.ok)  # it goes on asking
    assert tab.faults == []
    tab.close()


def test_an_invitation_brings_its_token_and_leaves_the_address(browser, guarded: tuple[PageServer, str]) -> None:
    server, token = guarded
    tab = Tab(browser, server.url)
    page = tab.open(f"/#token={token}")
    page.wait_for_selector("#speak-emotions input", state="visible")
    assert page.url == server.url + "/" and not page.is_visible("#token-dialog")
    assert tab.faults == []
    tab.close()


def test_the_policy_runs_no_script_of_the_page_s_text(browser, server: PageServer) -> None:
    tab = Tab(browser, server.url)
    page = tab.open()
    page.wait_for_selector("#speak-emotions input")
    outcome = page.evaluate("""() => {
        const script = document.createElement("script");
        try {
            script.textContent = "window.ran = true";
            document.body.append(script);
        } catch (error) {
            return String(error);
        }
        return String(window.ran);
    }""")
    assert "TrustedScript" in outcome
    page.evaluate(
        """() => document.body.append(Object.assign(document.createElement("img"), {src: "http://192.0.2.1/x.png"}))"""
    )
    page.evaluate("() => new Promise((done) => setTimeout(done, 100))")
    assert any("Content Security Policy" in fault for fault in tab.faults)
    tab.close()


def test_all_of_it_goes_by_keyboard(tab: Tab, files: dict[str, Path]) -> None:
    page, focused = tab.page, "document.activeElement.id"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate(focused) == "main"
    page.focus("#tab-speak")
    for key, tab_id in (("ArrowRight", "tab-dub"), ("End", "tab-machines"), ("ArrowRight", "tab-speak")):
        page.keyboard.press(key)
        assert page.evaluate(focused) == tab_id and page.get_attribute(f"#{tab_id}", "aria-selected") == "true"
    page.keyboard.press("Tab")
    assert page.evaluate(focused) in ("main", "speak-sound")
    page.set_input_files("#speak-sound", files["line.wav"])
    page.focus("#speak-emotions input:checked")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.querySelector('#speak-emotions input:checked').value") != "neutral"
    page.focus("#speak-form button[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#head-play:enabled")
    page.focus("#head-turn")
    ahead = tab.pixels("#head")
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    assert page.get_attribute("#head-turn", "aria-valuetext") == "30 degrees"
    assert (np.abs(tab.pixels("#head") - ahead).max(2) > 30).mean() > 0.02
    page.focus("#head-play")
    page.keyboard.press("Space")
    tab.until("document.getElementById('voice').currentTime > 0.1")
    page.focus("#head-time")
    page.keyboard.press("Home")
    tab.until("document.getElementById('voice').currentTime < 2")


@pytest.mark.parametrize("size", [(360, 640), (1024, 768)])
def test_nothing_is_cut_off_on_small_screens(browser, server: PageServer, size: tuple[int, int]) -> None:
    tab = Tab(browser, server.url, viewport={"width": size[0], "height": size[1]})
    page = tab.open()
    page.wait_for_selector("#speak-emotions input")
    for name in ("speak", "dub", "portrait", "talk", "machines"):
        page.click(f"#tab-{name}")
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    tab.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault(browser, server: PageServer, files: dict[str, Path], scheme: str) -> None:
    script = axe_script()
    tab = Tab(browser, server.url, color_scheme=scheme)
    tab.context.add_init_script(path=script)
    page = tab.open()
    page.wait_for_selector("#speak-emotions input")

    def faults() -> list[str]:
        tags = json.dumps(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
        found = page.evaluate(f"() => axe.run(document, {{runOnly: {tags}}}).then((result) => result.violations)")
        return [f"{each['impact']} {each['id']}: {[node['html'][:200] for node in each['nodes']]}" for each in found]

    assert faults() == []
    page.click("#speak-form button[type=submit]")
    assert faults() == []
    speak(tab, files["voice.wav"], takes=2)
    page.click("#speak-form summary")
    assert faults() == []
    dub(tab, files, "line.wav")
    page.wait_for_selector("#dub-compare .play:enabled")
    assert faults() == []
    for name in ("portrait", "talk", "machines"):
        page.click(f"#tab-{name}")
        page.wait_for_timeout(500)
        assert faults() == []
    page.evaluate("document.getElementById('token-button').hidden = false")
    page.click("#token-button")
    assert faults() == []
    tab.close()
