# SPDX-License-Identifier: GPL-3.0-or-later
"""The `articulation` engine: rules of phonetics and of the face, no learning.

Phones move jaw and lips by dominance functions, loudness and pitch set how far, emotions mix in, and constraints (lip
closure on p, b and m) are enforced last. Blinks, brows, gaze and head motion are drawn from the seed; the articulation
is not, so another seed has the same lips. Every number has its source beside it.
"""

from mien.direction import EMOTIONS
from mien.engines.articulation.style_names import HELD_OUT, KNOWN
from mien.engines.base import OWN_LICENCE, Engine, EngineInfo


def create() -> Engine:
    from mien.engines.articulation.engine import Articulation

    return Articulation()


INFO = EngineInfo(
    name="articulation",
    version="1",
    emotions=EMOTIONS,
    styles=(*KNOWN, *HELD_OUT),
    licence=OWN_LICENCE,
    create=create,
    supports=("lips_model", "persona"),
    batch_size=5,
)
