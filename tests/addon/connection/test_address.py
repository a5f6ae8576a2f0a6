# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses of backends, as they are typed."""

import pytest

from addon.connection.address import is_loopback, split_address
from addon.connection.errors import ClientError


@pytest.mark.parametrize("address", ["", "ftp://x", "http://", "http://x:port", "http://x/path", "http://[::1"])
def test_invalid_addresses_are_refused(address):
    with pytest.raises(ClientError, match="not an address"):
        split_address(address)


def test_valid_addresses_are_split():
    assert split_address("127.0.0.1:9") == ("127.0.0.1", 9, False)
    assert split_address(" http://localhost/ ") == ("localhost", 8642, False)
    assert split_address("https://[::1]:443") == ("::1", 443, True)


def test_loopback_is_distinguished_from_the_network():
    assert all(map(is_loopback, ("http://127.0.0.1", "http://localhost:1", "http://[::1]:2", "127.8.8.8")))
    assert not any(map(is_loopback, ("http://192.168.0.2", "http://example.org", "http://0.0.0.0")))
