# SPDX-License-Identifier: GPL-3.0-or-later
import segno
from mien.service.network.invitation import invitation, invitation_text

from addon.connection.credentials import Credential, parse_invitation, plain_address


def test_an_invitation_is_what_the_extension_takes_apart() -> None:
    line = invitation("https://192.168.1.5:8642", "mien-a_b-c", "ab" * 32)
    assert plain_address(line) == "https://192.168.1.5:8642" and parse_invitation(line) == Credential(
        "mien-a_b-c", "ab" * 32
    )
    assert parse_invitation(invitation("http://192.168.1.5:8642", "mien-x")) == Credential("mien-x")


def test_the_terminal_shows_all_of_it_and_the_picture_says_the_same() -> None:
    urls = ["https://192.168.1.5:8642", "https://10.0.0.7:8642"]
    text = invitation_text(urls, "anna", "mien-abc", "ab" * 32)
    for part in (*urls, "'anna'", "mien-abc", "abab abab", invitation(urls[0], "mien-abc", "ab" * 32)):
        assert part in text
    picture = [line for line in text.splitlines() if line.strip() and set(line) <= set("█▀▄ ")]
    assert cells(picture) == [list(row) for row in matrix(invitation(urls[0], "mien-abc", "ab" * 32))]


def matrix(text: str) -> list[tuple[bool, ...]]:
    """Dark and light cells, with the quiet zone of four."""
    code = segno.make(text, error="l", micro=False)
    return [tuple(bool(cell & 1) for cell in row) for row in code.matrix_iter(border=4)]


def cells(lines: list[str]) -> list[list[bool]]:
    """What the half blocks show, two rows a line: light is drawn, dark is left out."""
    rows = []
    for line in lines:
        rows.append([char not in "█▀" for char in line])
        rows.append([char not in "█▄" for char in line])
    return rows[: len(rows[0])]
