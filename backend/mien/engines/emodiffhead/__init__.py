# SPDX-License-Identifier: GPL-3.0-or-later
"""EMOdiffhead (Zhang, Mai, Zhang 2024, arXiv 2409.07255), its expression half, on the default head.

A diffusion model: noise becomes motion in some twenty steps, guided by the sound and by an expression, which is a face
at every frame and no category. The paper states no sizes, losses or schedules; those here are our own choices.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mien.direction import EMOTIONS, OPTIONAL_FIELDS
from mien.engines.articulation.style_names import KNOWN
from mien.engines.base import OWN_LICENCE, Engine, EngineInfo, Missing, UserModel
from mien.settings import Settings

if TYPE_CHECKING:
    from torch.nn import Module

    from mien.heads.flame import Flame

WEIGHTS = Path(__file__).with_name("mien.safetensors")
USER_WEIGHTS = Path("engines") / "emodiffhead" / "flame.safetensors"  # in the data folder
TRAIN_FLAME = "mien train emodiffhead CORPUS MOTION RUN --head flame"


def create() -> Engine:
    from mien.engines.emodiffhead.engine import EMOdiffhead

    return EMOdiffhead()


def missing() -> tuple[Missing, ...]:
    """What the engine lacks here."""
    if WEIGHTS.is_file():
        return ()
    return (Missing("It has no weights yet; train them as docs/emodiffhead.md says: mien train emodiffhead."),)


def read_networks() -> Iterable[Module]:
    from mien.engines.emodiffhead.weights import load

    return (load(WEIGHTS),)


def user_weights() -> Path:
    """Of the user's FLAME, in the data folder: `mien train emodiffhead --head flame` leaves them there."""
    return Settings.read().data_folder / USER_WEIGHTS


def poses_flame(flame: Flame) -> bool:
    """Whether the user has weights for this FLAME."""
    return user_weights().is_file() and flame_of(user_weights()) == flame.sha256


def flame_of(path: Path) -> str | None:
    """sha256 of the FLAME that weights are for. TensorFileError for a damaged file."""
    from mien.files.safetensors import read_tensors

    return read_tensors(path, dtypes=("F16", "F32"))[1].get("flame")


def user_weights_missing(data_folder: Path) -> tuple[Missing, ...]:
    """What has to be done before the engine poses the user's FLAME by its own parameters."""
    from mien.files.safetensors import TensorFileError
    from mien.heads.flame import FLAME_FOLDER, FLAME_PAGE, load_flame
    from mien.heads.flame_file import FlameError

    path = data_folder / USER_WEIGHTS
    train = f"Train them on the user's FLAME (docs/emodiffhead.md): {TRAIN_FLAME}"
    try:
        sha256 = load_flame(data_folder / FLAME_FOLDER).sha256
    except FlameError:
        return (Missing("It moves FLAME: see there.", FLAME_PAGE), *(() if path.is_file() else (Missing(train),)))
    if not path.is_file():
        return (Missing(train),)
    try:
        fits = flame_of(path) == sha256
    except TensorFileError as error:
        return (Missing(f"They cannot be read ({error}). {train}"),)
    return () if fits else (Missing(f"They are for another FLAME than the one that is here. {train}"),)


INFO = EngineInfo(
    name="emodiffhead",
    version="1",
    emotions=EMOTIONS,
    styles=KNOWN,
    licence=OWN_LICENCE,
    create=create,
    description="follows an expression at every frame, poses and held keys",
    missing=missing,
    supports=OPTIONAL_FIELDS,
    poses_flame=poses_flame,
    weights=WEIGHTS,
    read_networks=read_networks,
    user_model=UserModel(
        name="emodiffhead-flame",
        description="EMOdiffhead on the parameters of the user's FLAME, trained by the user",
        licence="the user's own, under the licence of their FLAME",
        path=USER_WEIGHTS,
        missing=user_weights_missing,
    ),
    batch_size=5,
)
