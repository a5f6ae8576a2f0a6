# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings: each one a flag of the command line, then an environment variable, then a default."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from ipaddress import ip_address
from pathlib import Path

import platformdirs

from mien.errors import USAGE, MienError

EVERYWHERE = "0.0.0.0"
SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([kmgt]?)i?b?", re.IGNORECASE)
HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


class SettingsError(MienError, ValueError):
    """A setting cannot be used; the message names the flag or variable and what it may be."""

    exit_status = USAGE


@dataclass(frozen=True)
class Settings:
    """What may differ between two machines. `Settings.read` fills it in."""

    # Address that `mien serve` listens on: this machine only, or with --lan every address. --host, MIEN_HOST
    host: str = "127.0.0.1"
    # Let other machines in: every client needs a token, and the backend is announced. --lan, MIEN_LAN
    lan: bool = False
    # Speak HTTPS with a certificate made here. --tls, MIEN_TLS
    tls: bool = False
    # Further names that this machine goes by, as in http://gpu.studio:8642. --names, MIEN_NAMES, with commas
    names: tuple[str, ...] = ()
    # How many connections may be open at once; a quarter of them from one address. --connections, MIEN_CONNECTIONS
    connections: int = 1024
    # Its port; 0 takes a free one. --port, MIEN_PORT
    port: int = 8642
    # The longest sound that is read, in seconds. --limit-seconds, MIEN_LIMIT_SECONDS
    limit_s: float = 600.0
    # The largest request that the service reads, in bytes: ten minutes of 48 kHz 24-bit stereo and some.
    # --limit-bytes, MIEN_LIMIT_BYTES
    limit_bytes: int = 256 * 2**20
    # How many takes may wait in the service, of all clients and, with those being made, of one.
    # --queue, MIEN_QUEUE; --queue-per-client, MIEN_QUEUE_PER_CLIENT
    queue: int = 256
    queue_per_client: int = 64
    # How many finished jobs the service remembers, and for how many seconds.
    # --keep-takes, MIEN_KEEP_TAKES; --keep-seconds, MIEN_KEEP_SECONDS
    keep_takes: int = 4096
    keep_s: float = 3600.0
    # How many bytes of results and decoded sounds the service keeps, so that nothing is made twice.
    # --cache-bytes, MIEN_CACHE_BYTES
    cache_bytes: int = 4 * 2**30
    # The memory of the process that makes takes, in bytes; 0 is no limit. Linux only. --memory-bytes, MIEN_MEMORY_BYTES
    memory_bytes: int = 0
    # After how many seconds without work that process ends, and its models with it. --idle-seconds, MIEN_IDLE_SECONDS
    idle_s: float = 600.0
    # The user's own models and heads. --data-folder, MIEN_DATA_FOLDER
    data_folder: Path = platformdirs.user_data_path("mien", appauthor=False)
    # The Ray cluster whose machines make what is asked for, as host:port or "auto"; None is this machine alone.
    # --ray, MIEN_RAY
    ray: str | None = None
    # The certificate chain and the key, in PEM, that films are signed with; one is made where both are None.
    # --sign-certificate, MIEN_SIGN_CERTIFICATE; --sign-key, MIEN_SIGN_KEY
    sign_certificate: Path | None = None
    sign_key: Path | None = None

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ, **flags: object) -> Settings:
        """Settings from flags by field name (None: not given), then `environ`, then the defaults.

        `Settings.read(port=0)` is `mien serve --port 0`. Raises SettingsError for a value that cannot be used.
        """
        values = {}
        for field in fields(cls):
            flag, variable = NAMES[field.name]
            if flags.get(field.name) is not None:
                values[field.name] = READERS[field.name](flag, flags.pop(field.name))
            elif environ.get(variable):
                values[field.name] = READERS[field.name](variable, environ[variable])
        if values.get("lan"):
            values.setdefault("host", EVERYWHERE)
        elif "host" in values and not is_loopback(values["host"]):
            raise SettingsError(
                f"{' or '.join(NAMES['host'])} is {values['host']}, which other machines can reach. Add --lan, so that "
                "everybody is asked for a token; or give 127.0.0.1, and reach it from elsewhere through an SSH tunnel."
            )
        for given, other in (("sign_certificate", "sign_key"), ("sign_key", "sign_certificate")):
            if given in values and other not in values:
                raise SettingsError(
                    f"{' or '.join(NAMES[given])} is given without {' or '.join(NAMES[other])}; signing takes both."
                )
        unknown = [name for name, value in flags.items() if value is not None]
        if unknown:
            raise TypeError(f"there is no setting {unknown[0]!r}")
        return cls(**values)


NAMES = {
    "host": ("--host", "MIEN_HOST"),
    "lan": ("--lan", "MIEN_LAN"),
    "tls": ("--tls", "MIEN_TLS"),
    "names": ("--names", "MIEN_NAMES"),
    "connections": ("--connections", "MIEN_CONNECTIONS"),
    "port": ("--port", "MIEN_PORT"),
    "limit_s": ("--limit-seconds", "MIEN_LIMIT_SECONDS"),
    "limit_bytes": ("--limit-bytes", "MIEN_LIMIT_BYTES"),
    "queue": ("--queue", "MIEN_QUEUE"),
    "queue_per_client": ("--queue-per-client", "MIEN_QUEUE_PER_CLIENT"),
    "keep_takes": ("--keep-takes", "MIEN_KEEP_TAKES"),
    "keep_s": ("--keep-seconds", "MIEN_KEEP_SECONDS"),
    "cache_bytes": ("--cache-bytes", "MIEN_CACHE_BYTES"),
    "memory_bytes": ("--memory-bytes", "MIEN_MEMORY_BYTES"),
    "idle_s": ("--idle-seconds", "MIEN_IDLE_SECONDS"),
    "data_folder": ("--data-folder", "MIEN_DATA_FOLDER"),
    "ray": ("--ray", "MIEN_RAY"),
    "sign_certificate": ("--sign-certificate", "MIEN_SIGN_CERTIFICATE"),
    "sign_key": ("--sign-key", "MIEN_SIGN_KEY"),
}


def _whole(name: str, value: object, low: int, high: int) -> int:
    try:
        number = int(str(value))
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise SettingsError(f"{name} is {str(value)!r}; give a whole number from {low} to {high}.")
    return number


def _seconds(name: str, value: object) -> float:
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise SettingsError(f"{name} is {str(value)!r}; give a number of seconds above 0.")
    return number


def _bytes(name: str, value: object, low: int, high: int) -> int:
    """`value` as in 4096, 500M, 1.5 GiB; a K is 1024 bytes and a M 1024 K."""
    match = SIZE.fullmatch(str(value).strip())
    count = round(float(match[1]) * 1024 ** " kmgt".index(match[2].lower() or " ")) if match else -1
    if not low <= count <= high:
        raise SettingsError(f"{name} is {str(value)!r}; give a number of bytes, as in 500M or 4G, from {low}.")
    return count


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own, which no other can reach. False for a name."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _host(name: str, value: object) -> str:
    host = "127.0.0.1" if value == "localhost" else str(value)
    try:
        return str(ip_address(host))
    except ValueError:
        raise SettingsError(f"{name} is {str(value)!r}; give an address like 127.0.0.1, ::1 or 192.168.1.5.") from None


def _switch(name: str, value: object) -> bool:
    text = str(value).lower()
    if text not in ("1", "0", "yes", "no", "true", "false"):
        raise SettingsError(f"{name} is {str(value)!r}; give 1 or 0.")
    return text in ("1", "yes", "true")


def _names(name: str, value: object) -> tuple[str, ...]:
    names = tuple(part.strip().lower() for part in str(value).split(",") if part.strip())
    for host in names:
        if not HOST_NAME.fullmatch(host):
            raise SettingsError(f"{name} has {host!r}; give names of this machine, as in gpu.studio,gpu.local.")
    return names


READERS = {
    "host": _host,
    "lan": _switch,
    "tls": _switch,
    "names": _names,
    "connections": lambda name, value: _whole(name, value, 8, 100_000),
    "port": lambda name, value: _whole(name, value, 0, 65535),
    "limit_s": _seconds,
    "limit_bytes": lambda name, value: _bytes(name, value, 1, 2**40),
    "queue": lambda name, value: _whole(name, value, 1, 1000),
    "queue_per_client": lambda name, value: _whole(name, value, 1, 1000),
    "keep_takes": lambda name, value: _whole(name, value, 1, 10_000),
    "keep_s": _seconds,
    "cache_bytes": lambda name, value: _bytes(name, value, 1, 2**50),
    "memory_bytes": lambda name, value: _bytes(name, value, 0, 2**50),
    "idle_s": _seconds,
    "data_folder": lambda name, value: Path(str(value)).expanduser(),
    "ray": lambda name, value: str(value),
    "sign_certificate": lambda name, value: Path(str(value)).expanduser(),
    "sign_key": lambda name, value: Path(str(value)).expanduser(),
}
