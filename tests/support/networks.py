# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks between namespaces of this kernel: three hosts, of which one is in two networks.

b 10.77.1.2 ---- 10.77.1.1 a 10.77.2.1 ---- 10.77.2.2 c
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache

import pytest
from checkout import ROOT


@cache
def lack() -> str:
    """Why this machine cannot make networks; '' when it can."""
    try:
        result = subprocess.run(["ip", "netns", "add", f"mien{os.getpid()}"], capture_output=True, text=True)
    except FileNotFoundError:
        return "there is no command `ip` (iproute2)"
    if result.returncode:
        return f"network namespaces cannot be made here ({result.stderr.strip()})"
    subprocess.run(["ip", "netns", "del", f"mien{os.getpid()}"], check=True)
    return ""


class Network:
    """Hosts `a`, `b` and `c`. What is started in them ends with the test."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def space(self, host: str) -> str:
        return f"mien{os.getpid()}{host}"

    def ip(self, host: str, *arguments: str) -> None:
        subprocess.run(["ip", "-n", self.space(host), *arguments], check=True)

    def start(self, host: str, program: str, *arguments: str, **more: object) -> subprocess.Popen:
        """A Python program in the host, with pipes; it is killed at the end of the test."""
        command = ["ip", "netns", "exec", self.space(host), sys.executable, "-c", program, *arguments]
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": f"{ROOT / 'backend'}{os.pathsep}{ROOT}"},
            **more,
        )
        self._stack.callback(_end, child)
        return child


@contextmanager
def network() -> Iterator[Network]:
    """Skips the test, saying why, where no networks can be made."""
    if lack():
        pytest.skip(lack())
    with ExitStack() as stack:
        hosts = Network(stack)
        for host in "abc":
            subprocess.run(["ip", "netns", "add", hosts.space(host)], check=True)
            stack.callback(subprocess.run, ["ip", "netns", "del", hosts.space(host)], check=True)
            hosts.ip(host, "link", "set", "lo", "up")
        for number, host in ((1, "b"), (2, "c")):
            hosts.ip("a", "link", "add", f"to_{host}", "type", "veth", "peer", "to_a", "netns", hosts.space(host))
            hosts.ip("a", "addr", "add", f"10.77.{number}.1/24", "dev", f"to_{host}")
            hosts.ip(host, "addr", "add", f"10.77.{number}.2/24", "dev", "to_a")
            hosts.ip("a", "link", "set", f"to_{host}", "up")
            hosts.ip(host, "link", "set", "to_a", "up")
        yield hosts


def _end(child: subprocess.Popen) -> None:
    child.kill()
    child.communicate()
