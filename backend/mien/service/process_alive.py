# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a process still runs, such as the one that started the backend: no backend outlives its Blender."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def alive(pid: int) -> bool:
    """Whether the process `pid` runs."""
    if pid <= 0:
        return False
    if sys.platform == "win32":
        return _alive_on_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs, as another user
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Whether a process has ended and its parent has not waited for it, on Linux; False on other systems."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
        return stat.rpartition(b") ")[2][:1] == b"Z"
    except OSError:
        return False


def _alive_on_windows(pid: int) -> bool:
    """os.kill(pid, 0) would end the process on Windows, so this waits for its exit for no time."""
    import ctypes

    synchronize, wait_timeout, access_denied = 0x00100000, 0x00000102, 5
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.OpenProcess.restype = ctypes.c_void_p
    handle = kernel.OpenProcess(synchronize, False, pid)
    if not handle:
        return ctypes.get_last_error() == access_denied
    try:
        return kernel.WaitForSingleObject(ctypes.c_void_p(handle), 0) == wait_timeout
    finally:
        kernel.CloseHandle(ctypes.c_void_p(handle))
