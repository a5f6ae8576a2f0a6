# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificate: a self-made one for HTTPS. No authority vouches for it: clients pin its fingerprint."""

from __future__ import annotations

import hashlib
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mien.files.private_folder import make_private_folder
from mien.service import ServiceError
from mien.service.network.tokens import write_privately

LASTS = timedelta(days=20 * 365)  # a new one would be a changed certificate to every client


class CertificateError(ServiceError):
    """There is no certificate to serve with; the message says what to do."""


@dataclass(frozen=True)
class Certificate:
    """`path` of the private key and the certificate in one PEM file; `fingerprint` is SHA-256 of its DER, in hex."""

    path: Path
    fingerprint: str


def own_certificate(path: Path) -> Certificate:
    """The certificate in the file, made there when there is none. Raises CertificateError."""
    try:
        if not path.exists():
            make_private_folder(path.parent)
            write_privately(path, _make())
        text = path.read_text(encoding="ascii")
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path)
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise CertificateError(
            f"{path} cannot be used as a certificate ({reason}). Delete it to have a new one made; every client then "
            "has to trust that anew."
        ) from error
    der = ssl.PEM_cert_to_DER_cert(text[text.index("-----BEGIN CERTIFICATE") :])
    return Certificate(path, hashlib.sha256(der).hexdigest())


def in_groups(fingerprint: str) -> str:
    """A fingerprint for people to compare: in groups of four, in two lines."""
    groups = [fingerprint[i : i + 4] for i in range(0, len(fingerprint), 4)]
    return " ".join(groups[: len(groups) // 2]) + "\n" + " ".join(groups[len(groups) // 2 :])


def _make() -> bytes:
    """A key on P-256 and its certificate, in PEM. The names in it mean nothing to whoever pins the fingerprint."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"Mien on {socket.gethostname()}"[:64])])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # a client's clock may be late
        .not_valid_after(now + LASTS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + certificate.public_bytes(serialization.Encoding.PEM)
