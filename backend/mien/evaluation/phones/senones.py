# SPDX-License-Identifier: GPL-3.0-or-later
"""The senones of a Sphinx acoustic model: which phone and state each scores, and the log of their scores.

File formats: PocketSphinx's binary model definition (`bin_mdef`) and the senone dump of its `-senlogdir`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

STATES = 3


@dataclass(frozen=True, eq=False)
class Senones:
    """`phones` are the model's context-free phones; `state` (S,) is 3 * phone + state of each senone."""

    phones: tuple[str, ...]
    state: np.ndarray

    @property
    def count(self) -> int:
        return len(self.state)

    def read_log(self, path: Path) -> np.ndarray:
        """(T, S) int16 scores, 0 = best, larger = worse, from a senone dump of all senones."""
        data = path.read_bytes()
        end = b"endhdr\n"
        data = data[data.index(end) + len(end) + 4 :]  # 4 bytes of byte-order mark
        row = 2 * (self.count + 1)
        rows = np.frombuffer(data[: len(data) // row * row], "<i2").reshape(-1, self.count + 1)
        return rows[:, 1:]

    def best_of_state(self, scores: np.ndarray) -> np.ndarray:
        """(T, phones, 3) float32: the best senone of each phone's state, over all contexts."""
        order = np.argsort(self.state, kind="stable")
        begins = np.searchsorted(self.state[order], np.arange(len(self.phones) * STATES))
        best = np.minimum.reduceat(scores[:, order], begins, axis=1)
        return best.astype(np.float32).reshape(len(scores), len(self.phones), STATES)

    def only(self, phone: str) -> np.ndarray:
        """(1, phones, 3) log likelihood of a frame that is surely `phone`."""
        row = np.full((1, len(self.phones), STATES), -100.0, np.float32)
        row[0, self.phones.index(phone)] = 0
        return row


def read_senones(path: Path) -> Senones:
    """Read the map from a binary `mdef`."""
    data = path.read_bytes()
    if data[:4] != b"BMDF":
        raise ValueError(f"{path.name} is no little-endian binary model definition; reinstall pocketsphinx.")
    at = 12 + struct.unpack_from("<i", data, 8)[0]
    n_base, n_phones, n_states, _, n_senones, _, n_sequences, _, n_tree, _ = struct.unpack_from("<10i", data, at)
    at += 40
    names = data[at:].split(b"\0", n_base)[:n_base]
    at += sum(len(name) + 1 for name in names)
    at += -at % 4 + 8 * n_tree
    phones = np.frombuffer(data, np.dtype([("sequence", "<i4"), ("_", "<i4"), ("context", "u1", 4)]), n_phones, at)
    at += 12 * n_phones + 4
    sequences = np.frombuffer(data, "<u2", n_sequences * n_states, at).reshape(n_sequences, n_states)
    base = np.where(np.arange(n_phones) < n_base, np.arange(n_phones), phones["context"][:, 1])
    state = np.zeros(n_senones, int)
    for i in range(n_states):
        state[sequences[phones["sequence"], i]] = base * STATES + i
    return Senones(tuple(name.decode() for name in names), state)
