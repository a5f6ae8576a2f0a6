# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine `emodiffhead`: expressions as faces, sampled takes, on the default head."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from mien.audio.speech import Speech
from mien.direction import EMOTIONS, SPECIAL, Direction
from mien.engines.articulation.styles import KNOWN
from mien.engines.base import (
    OWN_LICENCE,
    EngineInfo,
    EngineMissing,
    HeardOnce,
    Missing,
    Progress,
    only_on_processor,
    part,
)
from mien.engines.emodiffhead import WEIGHTS
from mien.heads.flame import Flame
from mien.settings import Settings
from mien.take import Take


def missing() -> tuple[Missing, ...]:
    """What the engine lacks here."""
    if WEIGHTS.is_file():
        return ()
    return (Missing("It has no weights yet; train them as docs/emodiffhead.md says: mien train emodiffhead."),)


def poses(flame: Flame) -> bool:
    """Whether the user has weights for this FLAME: `mien train emodiffhead --head flame` leaves them there."""
    path = own_weights()
    if not path.is_file():
        return False
    from mien.files.safetensors import read_tensors

    return read_tensors(path, dtypes=("F16", "F32"))[1].get("flame") == flame.sha256


def own_weights() -> Path:
    """Of the user's FLAME, in the data folder."""
    return Settings.read().data_folder / "engines" / "emodiffhead" / "flame.safetensors"


class EMOdiffhead(HeardOnce):
    """`flame`: the FLAME that it poses by numbers of its own, where `poses` says that it can; or None."""

    flame: Flame | None = None
    info = EngineInfo(
        name="emodiffhead",
        version="1",
        emotions=EMOTIONS,
        styles=KNOWN,
        licence=OWN_LICENCE,
        follows=SPECIAL,
        missing=missing,
        poses=poses,
    )

    def load(self, device: str) -> None:
        """The network is small: 'auto' is 'cpu'."""
        only_on_processor(self.info, device)
        if self.info.refusal:
            raise EngineMissing(self.info.refusal)
        from mien.engines.emodiffhead.generate import network  # PyTorch takes seconds to import

        network()

    def takes(self, speech: Speech, direction: Direction, seeds: Sequence[int], progress: Progress) -> Iterator[Take]:
        """At 100 frames a second on the 52 ARKit channels, with head rotation and gaze. The same take, whatever the
        seed, at a temperature of 0, but for the side of contempt."""
        from mien.engines.analysis import listened
        from mien.engines.emodiffhead.flame_generate import performed as posed
        from mien.engines.emodiffhead.generate import network, performed

        track, prosody = listened(speech, direction, progress, 0.2)
        for i, seed in enumerate(seeds):
            share = part(lambda done, stage: progress(0.25 + 0.75 * done, stage), i, len(seeds))
            asked = [direction.with_seed(seed)]
            told = lambda done, share=share: share(done, "performing")  # noqa: E731
            if self.flame is None:
                (take,) = performed(speech, track, prosody, asked, told)
            else:
                own = network(own_weights(), self.flame.sha256)
                (take,) = posed(speech, track, prosody, asked, own, self.flame, told)
            share(1.0, "done" if i + 1 == len(seeds) else "performing")
            yield take
