# SPDX-License-Identifier: GPL-3.0-or-later
"""The process of a backend under test that makes takes: the default engine is the toy, and what it does depends on the
seed, because that is what a test can ask for."""

import ctypes
import errno
import os
import time
from dataclasses import replace

import numpy as np
from mien import engines
from mien.engines.toy.engine import Toy
from mien.service.workers import take_process
from mien.settings import Settings

DAWDLES, UNRESPONSIVE, CRASHES, HUNGRY, FULL, BROKEN, CORRUPT, MISSING, DOZES = range(1, 10)  # seeds


class Faulty(Toy):
    def generate(self, speech, direction, progress, head=None):
        if direction.seed == DAWDLES:
            for _ in range(6000):
                progress(0.5, "dawdling")
                time.sleep(0.01)
        elif direction.seed == UNRESPONSIVE:
            progress(0.25, "unresponsive")
            time.sleep(60)  # an engine that does not call `progress` meanwhile
        elif direction.seed == DOZES:
            for _ in range(60):
                progress(0.25, "dozing")
                time.sleep(1)  # longer than it may on a machine that has nothing else to do
        elif direction.seed == CRASHES:
            ctypes.string_at(0)
        elif direction.seed == HUNGRY:
            blocks = [np.zeros(2**26, np.uint8) for _ in range(2**10)]
            raise AssertionError(f"{len(blocks)} times 64 MiB, and no end")
        elif direction.seed == FULL:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        elif direction.seed == BROKEN:
            raise IndexError("list index out of range")
        elif direction.seed in (CORRUPT, MISSING):
            from mien.engines.probtalk3d import WEIGHTS
            from mien.engines.probtalk3d.generate import networks  # PyTorch takes seconds to import

            path = Settings.read().data_folder / f"{direction.seed}.safetensors"
            if direction.seed == CORRUPT:
                path.write_bytes(WEIGHTS.read_bytes()[:-100])
            networks(path)
        return super().generate(speech, direction, progress, head)


if __name__ == "__main__":
    engines.ENGINES[engines.DEFAULT] = replace(engines.ENGINES["toy"], create=Faulty)
    take_process.main()
