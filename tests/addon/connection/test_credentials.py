# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

from addon.connection.credentials import Key, Keyring, invited, plain


def test_a_key_is_found_however_its_address_is_written() -> None:
    ring, key = Keyring(), Key("mien-abc", "ab" * 32)
    ring.put("https://10.0.0.1:8642", key)
    for written in ("https://10.0.0.1:8642", " https://10.0.0.1:8642/ ", "https://10.0.0.1:8642/#token=other"):
        assert ring.of(written) == key
    assert ring.of("http://10.0.0.1:8642") == ring.of("https://10.0.0.1:8643") == Key()
    ring.clear()
    assert ring.of("https://10.0.0.1:8642") == Key()


def test_an_invitation_is_taken_apart() -> None:
    line = "https://192.168.1.5:8642/#token=mien-a_b-c&sha256=AB12"
    assert plain(line) == "https://192.168.1.5:8642"
    assert invited(line) == Key("mien-a_b-c", "ab12")


@pytest.mark.parametrize("address", ["", "127.0.0.1:8642", "http://127.0.0.1:8642/", "http://h/#", "http://h/#speed=3"])
def test_an_address_alone_invites_to_nothing(address: str) -> None:
    assert invited(address) == Key()
