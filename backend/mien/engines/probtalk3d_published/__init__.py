# SPDX-License-Identifier: GPL-3.0-or-later
"""ProbTalk3D as published (Wu et al. 2024, arXiv 2409.07966), on the authors' own weights and the user's FLAME.

`network.py` is the network, built of `blocks.py`, `quantiser.py`, `motion_prior.py`, `code_predictor.py` and
`hubert.py`: written from a description of its numbers and none of its code. The weights are the user's own and
non-commercial; they move FLAME (`flame_motion.py`).
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from mien.engines.base import Engine, EngineInfo, Import, Missing, UserModel
from mien.engines.probtalk3d_published.style_labels import EMOTIONS, IDENTITIES
from mien.settings import Settings

NAME = "probtalk3d-published"
FOLDER = Path("engines") / NAME  # in the data folder
FILE = "probtalk3d.safetensors"
CHECKPOINT = ".ckpt"
LICENCE_NAME = "CC-BY-NC-4.0"
PAGE = "https://github.com/uuembodiedsocialai/ProbTalk3D"
WEIGHTS_NEEDED = (
    f"The weights of ProbTalk3D ({LICENCE_NAME}, not for paid work) are the user's own to bring: download what the "
    f"README of {PAGE} links, unpack it, and run: mien models import FOLDER"
)


def create() -> Engine:
    from mien.engines.probtalk3d_published.engine import PublishedProbTalk3D

    return PublishedProbTalk3D()


def missing() -> tuple[Missing, ...]:
    """What the engine lacks on this machine."""
    return missing_in(Settings.read().data_folder)


def missing_in(data_folder: Path) -> tuple[Missing, ...]:
    """What the engine lacks with this data folder."""
    from mien.heads.flame import FILE as FLAME_FILE
    from mien.heads.flame import FLAME_FOLDER, FLAME_NEEDED, FLAME_PAGE

    lacks = []
    if find_spec("transformers") is None:
        lacks.append(Missing("It hears through the package transformers: pip install 'mien[hubert]'."))
    if not (data_folder / FOLDER / FILE).is_file():
        lacks.append(Missing(f"{WEIGHTS_NEEDED}.", PAGE))
    if not (data_folder / FLAME_FOLDER / FLAME_FILE).is_file():
        lacks.append(Missing(f"{FLAME_NEEDED}.", FLAME_PAGE))
    return tuple(lacks)


def find(path: Path) -> Import | None:
    """The published weights in a user's file or folder; errors as `download.find`."""
    from mien.engines.probtalk3d_published import download

    return download.find(path)


INFO = EngineInfo(
    name=NAME,
    version="1",
    emotions=EMOTIONS,
    styles=("default", *IDENTITIES),
    licence=f"{LICENCE_NAME}, and FLAME's",
    create=create,
    missing=missing,
    head="flame",
    user_model=UserModel(
        name=NAME,
        description="ProbTalk3D as published: emotional speech on FLAME",
        licence=LICENCE_NAME,
        path=FOLDER / FILE,
        missing=missing_in,
        find=find,
        files=CHECKPOINT,
        owner="ProbTalk3D",
    ),
)
