# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificate that films are signed with: the user's own chain and key (MIEN_SIGN_CERTIFICATE, MIEN_SIGN_KEY), or
one made here, which no authority vouches for.

A certificate for C2PA is a leaf with digital signature as its key usage and emailProtection or documentSigning as its
extended key usage, and the chain up to its authority (C2PA 2.2, 14.5.1). The one made here has an authority of its own,
whose key is thrown away, as a leaf must not sign itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mien.errors import FILE, MienError
from mien.files.atomic import OWNER, atomic_write
from mien.files.private_folder import make_private_folder
from mien.settings import Settings

FILE_NAME = "signing.pem"  # in the data folder: key, leaf, authority
ORGANIZATION = "self-signed by a user of Mien"
LASTS = timedelta(days=30 * 365)  # without a time stamp a signature is worth as much as its certificate, and as long
EXTENDED_USAGES = ("1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36")  # emailProtection; documentSigning (RFC 9336)


class SignerError(MienError):
    """There is no certificate to sign films with; the message says what to do."""

    exit_status = FILE


@dataclass(frozen=True)
class Signer:
    """`chain`: PEM, the leaf first; `key`: its private key, PKCS8 in PEM; `algorithm`: of C2PA, as "es256"."""

    chain: bytes
    key: bytes = field(repr=False)
    algorithm: str
    self_signed: bool


def user_signer(settings: Settings | None = None) -> Signer:
    """The signer of this user, made in the data folder where there is none. Raises SignerError."""
    settings = settings or Settings.read()
    if settings.sign_certificate and settings.sign_key:
        chain, key = _bytes_of(settings.sign_certificate), _bytes_of(settings.sign_key)
        return _checked(chain, key, f"{settings.sign_certificate} and {settings.sign_key}", False)
    path = settings.data_folder / FILE_NAME
    if not path.exists():
        try:
            make_private_folder(path.parent)
            with atomic_write(path, mode=OWNER, sync=True) as file:
                file.write(_make())
        except OSError as error:
            raise SignerError(f"The certificate {path} could not be written: {error.strerror or error}.") from error
    text = _bytes_of(path)
    return _checked(text, text, str(path), True)


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SignerError(f"{path}, which films are signed with, cannot be read: {error.strerror or error}.") from error


def _checked(chain: bytes, key: bytes, where: str, self_signed: bool) -> Signer:
    """Raises SignerError for what C2PA would refuse once the film is made."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    pem = serialization.Encoding.PEM
    try:
        certificates = x509.load_pem_x509_certificates(chain)
        private = serialization.load_pem_private_key(key, None)
        leaf = certificates[0]
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
        extended = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.ExtensionNotFound) as error:
        raise SignerError(f"{where} cannot be used to sign films ({error}). {_advice(self_signed)}") from error
    fault, now = "", datetime.now(UTC)
    if leaf.public_key() != private.public_key():
        fault = "the key is not the one of the first certificate"
    elif not usage.digital_signature:
        fault = "the first certificate is not for digital signatures"
    elif not {each.dotted_string for each in extended} & set(EXTENDED_USAGES):
        fault = "the first certificate is neither for emailProtection nor for documentSigning"
    elif not leaf.not_valid_before_utc <= now <= leaf.not_valid_after_utc:
        first, last = leaf.not_valid_before_utc, leaf.not_valid_after_utc
        fault = (
            f"the first certificate is valid from {first:%Y-%m-%d} to {last:%Y-%m-%d}, and this machine's clock says "
            f"{now:%Y-%m-%d}; set the clock if that is wrong"
        )
    algorithm = _algorithm(private)
    if not fault and not algorithm:
        fault = "its key is neither P-256, P-384, P-521, RSA nor Ed25519"
    if fault:
        raise SignerError(f"{where} cannot be used to sign films: {fault}. {_advice(self_signed)}")
    return Signer(
        b"".join(each.public_bytes(pem) for each in certificates),
        private.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        algorithm,
        self_signed,
    )


def _advice(self_signed: bool) -> str:
    if self_signed:
        return "Delete it to have a new one made."
    return "Give a PEM chain, the leaf first, and its key without a password; or neither, to sign with one made here."


def _algorithm(key: object) -> str:
    """Of C2PA (2.2, 13.2); empty for a key that it does not know."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(key, ec.EllipticCurvePrivateKey):
        return {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}.get(key.curve.name, "")
    if isinstance(key, rsa.RSAPrivateKey):
        return "ps256"
    return "ed25519" if isinstance(key, ed25519.Ed25519PrivateKey) else ""


def _make() -> bytes:
    """A key on P-256, its certificate and that of its authority, in PEM. They name no person and no machine."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer, subject = _name(x509, "Mien's own authority"), _name(x509, "Mien")
    ca_id = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())
    ca = (
        _builder(x509, issuer, issuer, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(x509, key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(ca_id, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    leaf = (
        _builder(x509, subject, issuer, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(x509, digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([x509.ObjectIdentifier(EXTENDED_USAGES[0])]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ca_id), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    pem, private = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(pem, private, serialization.NoEncryption()) + leaf.public_bytes(pem) + ca.public_bytes(pem)


def _name(x509, common_name: str):
    oid = x509.NameOID
    fields = ((oid.ORGANIZATION_NAME, ORGANIZATION), (oid.COMMON_NAME, common_name))
    return x509.Name([x509.NameAttribute(key, text) for key, text in fields])


def _builder(x509, subject, issuer, public_key):
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # another machine's clock may be late
        .not_valid_after(now + LASTS)
    )


def _usage(x509, **allowed: bool):
    names = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: allowed.get(name, False) for name in names})
