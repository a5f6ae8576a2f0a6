# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `mien`, also as `python -m mien`."""

import sys


def run() -> int:
    """Like `cli.main`; here so that Ctrl-C while modules are imported is no traceback either."""
    try:
        from mien.cli.main import main

        return main()
    except KeyboardInterrupt:
        print("mien: stopped.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(run())
