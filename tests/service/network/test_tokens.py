# SPDX-License-Identifier: GPL-3.0-or-later
import hashlib
import json
import stat
from pathlib import Path

import pytest
from mien.service.network.tokens import THIS_MACHINE, TokenError, Tokens, write_privately


def test_a_token_is_kept_as_its_hash_and_by_nobody_else(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "clients"
    tokens = Tokens(folder)
    token = tokens.add("anna")
    assert len(token) >= 48 and tokens.add("bert") != token
    kept = json.loads((folder / "anna.json").read_text())
    assert kept["sha256"] == hashlib.sha256(token.encode()).hexdigest() and token not in str(kept)
    assert stat.S_IMODE((folder / "anna.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_its_holder_is_known_in_another_process_too_and_after_a_restart(tmp_path: Path) -> None:
    token = Tokens(tmp_path).add("anna")
    assert Tokens(tmp_path).holder(token).name == "anna"
    assert Tokens(tmp_path).holder(token + "x") is None
    assert Tokens(tmp_path).holder("") is None
    assert Tokens(tmp_path).holder("\udcff\0é") is None


def test_the_token_of_a_run_is_of_this_run_alone(tmp_path: Path) -> None:
    here, other = Tokens(tmp_path), Tokens(tmp_path)
    assert here.holder(here.of_this_run).name == THIS_MACHINE
    assert other.holder(here.of_this_run) is None
    assert here.clients() == []


def test_what_is_revoked_elsewhere_is_refused_here_at_once(tmp_path: Path) -> None:
    here, there = Tokens(tmp_path), Tokens(tmp_path)
    token = there.add("anna")
    assert not here.holder(token).revoked
    there.revoke("anna")
    there.revoke("anna")  # twice is once
    assert here.holder(token).revoked
    again = there.add("anna")
    assert here.holder(token) is None and not here.holder(again).revoked


@pytest.mark.parametrize("name", ["", "..", "a/b", "-x", "a b", "é", "x" * 65, ".hidden", "a\n"])
def test_what_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(TokenError, match="cannot be a client's name"):
        Tokens(tmp_path).add(name)
    assert not any(tmp_path.iterdir())


def test_a_name_is_given_once_whatever_its_case(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    tokens.add("Anna")
    with pytest.raises(TokenError, match="There is a client 'Anna' already"):
        tokens.add("anna")
    with pytest.raises(TokenError, match="There is no client 'bert'; there is: Anna"):
        tokens.revoke("bert")


def test_a_file_that_is_no_client_lets_nobody_in(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    token = tokens.add("anna")
    for text in ("", "{}", '{"name": 1', "\xff"):
        (tmp_path / "bert.json").write_text(text, "latin-1")
        with pytest.raises(TokenError, match="bert.json cannot be read as a client .* Delete it"):
            Tokens(tmp_path).holder(token)


def test_a_private_file_is_whole_or_not_there(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        write_privately(tmp_path / "no folder" / "file", b"text")
    write_privately(tmp_path / "file", b"first")
    write_privately(tmp_path / "file", b"second")
    assert [path.name for path in tmp_path.iterdir()] == ["file"] and (tmp_path / "file").read_bytes() == b"second"
