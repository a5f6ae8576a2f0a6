# SPDX-License-Identifier: GPL-3.0-or-later
import hashlib
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from mien.service.network.certificate import CertificateError, in_groups, own_certificate


def test_a_certificate_is_made_once_and_its_key_is_this_users_alone(tmp_path: Path) -> None:
    certificate = own_certificate(tmp_path / "data" / "certificate.pem")
    assert own_certificate(certificate.path) == certificate
    assert stat.S_IMODE(certificate.path.stat().st_mode) == 0o600
    x509_certificate = x509.load_pem_x509_certificate(certificate.path.read_bytes())
    der = ssl.PEM_cert_to_DER_cert(
        certificate.path.read_text()[certificate.path.read_text().index("-----BEGIN CERT") :]
    )
    assert certificate.fingerprint == hashlib.sha256(der).hexdigest()
    now = datetime.now(UTC)
    assert (
        x509_certificate.not_valid_before_utc < now < now + timedelta(days=3650) < x509_certificate.not_valid_after_utc
    )
    assert own_certificate(tmp_path / "other.pem").fingerprint != certificate.fingerprint


@pytest.mark.parametrize("text", ["", "rubbish", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_broken_one_is_reported_and_never_replaced(tmp_path: Path, text: str) -> None:
    path = tmp_path / "certificate.pem"
    path.write_text(text)
    with pytest.raises(CertificateError, match="cannot be used as a certificate .*Delete it"):
        own_certificate(path)
    assert path.read_text() == text


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CertificateError, match="cannot be used as a certificate"):
        own_certificate(tmp_path / "file" / "certificate.pem")


def test_a_fingerprint_is_read_in_groups() -> None:
    assert in_groups("0123456789ab" * 4) == "0123 4567 89ab 0123 4567 89ab\n0123 4567 89ab 0123 4567 89ab"
