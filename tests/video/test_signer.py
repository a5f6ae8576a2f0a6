# SPDX-License-Identifier: GPL-3.0-or-later
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from mien.settings import Settings
from mien.video import signer
from mien.video.signer import SignerError, user_signer


def settings(folder: Path, certificate: Path | None = None, key: Path | None = None) -> Settings:
    return Settings(data_folder=folder, sign_certificate=certificate, sign_key=key)


def parts(folder: Path) -> tuple[bytes, bytes]:
    """(chain, key) of a certificate made in the folder, in PEM."""
    made = user_signer(settings(folder))
    return made.chain, made.key


def test_one_certificate_is_made_here_and_kept(tmp_path: Path) -> None:
    first, again = user_signer(settings(tmp_path)), user_signer(settings(tmp_path))
    assert first == again and first.self_signed and first.algorithm == "es256"
    leaf, authority = x509.load_pem_x509_certificates(first.chain)
    leaf.verify_directly_issued_by(authority)
    assert leaf.issuer != leaf.subject
    assert leaf.not_valid_after_utc > datetime.now(UTC) + timedelta(days=20 * 365)
    assert "self-signed" in leaf.subject.rfc4514_string()
    assert user_signer(settings(tmp_path / "other")).key != first.key


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_the_key_is_for_its_user_alone(tmp_path: Path) -> None:
    user_signer(settings(tmp_path))
    assert stat.S_IMODE((tmp_path / signer.FILE_NAME).stat().st_mode) == 0o600


def test_the_key_is_not_in_what_is_printed(tmp_path: Path) -> None:
    made = user_signer(settings(tmp_path))
    assert "PRIVATE" not in repr(made)


def test_a_certificate_of_the_users_own_is_used(tmp_path: Path) -> None:
    chain, key = parts(tmp_path / "made")
    (tmp_path / "chain.pem").write_bytes(chain)
    (tmp_path / "key.pem").write_bytes(key)
    made = user_signer(settings(tmp_path / "data", tmp_path / "chain.pem", tmp_path / "key.pem"))
    assert not made.self_signed and made.key == key
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("chain", "key", "sentence"),
    [
        (b"nothing", None, "cannot be used to sign films"),
        (None, b"nothing", "cannot be used to sign films"),
        (None, "other", "the key is not the one of the first certificate"),
        ("authority", None, "cannot be used to sign films"),
    ],
)
def test_what_cannot_sign_is_refused_in_words(tmp_path: Path, chain, key, sentence: str) -> None:
    right_chain, right_key = parts(tmp_path / "one")
    if key == "other":
        _, key = parts(tmp_path / "two")
    if chain == "authority":
        authority = x509.load_pem_x509_certificates(right_chain)[1]
        chain = authority.public_bytes(serialization.Encoding.PEM)
    (tmp_path / "chain.pem").write_bytes(chain or right_chain)
    (tmp_path / "key.pem").write_bytes(key or right_key)
    with pytest.raises(SignerError, match=sentence) as raised:
        user_signer(settings(tmp_path, tmp_path / "chain.pem", tmp_path / "key.pem"))
    assert "Give a PEM chain" in str(raised.value)


def test_a_certificate_past_its_days_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signer, "LASTS", timedelta(seconds=-3600))
    sentence = "is valid from .* to .*set the clock if that is wrong.*Delete it to have a new one made"
    with pytest.raises(SignerError, match=sentence):
        user_signer(settings(tmp_path))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SignerError, match=r"none.pem.*cannot be read"):
        user_signer(settings(tmp_path, tmp_path / "none.pem", tmp_path / "none.pem"))
