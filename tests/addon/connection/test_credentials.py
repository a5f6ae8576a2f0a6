# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

from addon.connection.credentials import Credential, Credentials, parse_invitation, plain_address


def test_a_credential_belongs_to_every_spelling_of_its_address() -> None:
    credentials, credential = Credentials(), Credential("mien-abc", "ab" * 32)
    credentials.put("https://10.0.0.1:8642", credential)
    for written in ("https://10.0.0.1:8642", " https://10.0.0.1:8642/ ", "https://10.0.0.1:8642/#token=other"):
        assert credentials.of(written) == credential
    assert credentials.of("http://10.0.0.1:8642") == credentials.of("https://10.0.0.1:8643") == Credential()
    credentials.clear()
    assert credentials.of("https://10.0.0.1:8642") == Credential()


def test_an_invitation_has_address_and_credential() -> None:
    line = "https://192.168.1.5:8642/#token=mien-a_b-c&sha256=AB12"
    assert plain_address(line) == "https://192.168.1.5:8642"
    assert parse_invitation(line) == Credential("mien-a_b-c", "ab12")


@pytest.mark.parametrize("address", ["", "127.0.0.1:8642", "http://127.0.0.1:8642/", "http://h/#", "http://h/#speed=3"])
def test_an_address_alone_has_no_credential(address: str) -> None:
    assert parse_invitation(address) == Credential()
