# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `mien`, also as `python -m mien`."""

import signal
import sys


def run() -> int:
    """Like `cli.main`; here so that Ctrl-C while modules are imported is no traceback either. SIGTERM is the same: no
    temporary file is left."""
    signal.signal(signal.SIGTERM, stop)
    try:
        from mien.cli.main import main

        return main()
    except (KeyboardInterrupt, ImportError) as error:
        if isinstance(error, ImportError) and not str(error).startswith(KeyboardInterrupt.__name__):
            raise
        # pybind11 makes an ImportError of a signal that comes while a library in C++ is loaded
        print("mien: stopped.", file=sys.stderr)
        return 130


def stop(number: int, frame: object) -> None:
    """The handler of SIGTERM: processes of a pool end, too, as by Ctrl-C in a terminal."""
    if "multiprocessing.process" in sys.modules:
        for child in sys.modules["multiprocessing.process"].active_children():
            child.terminate()
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(run())
