# SPDX-License-Identifier: GPL-3.0-or-later
"""What every line of a batch needs, loaded when this module is imported: a server of processes imports it once, and
those that it forks have it without work of their own (`process_pool.py`).

All of it runs on one thread and on the processor: neither threads nor a GPU's context come through a fork. Of the
engines that is `articulation`, which loads nearly all that others need.
"""

import signal
from contextlib import suppress

signal.signal(signal.SIGINT, signal.SIG_DFL)  # before anything slow: Ctrl-C ends it without a traceback
with suppress(Exception):  # which the first line would meet again, and say
    from mien.batch.loading import load
    from mien.batch.process_pool import use_one_thread

    use_one_thread()
    load(["articulation"])
