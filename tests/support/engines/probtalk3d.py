# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of ProbTalk3D share: small sizes, and numbers recorded from the published code with made-up weights.

The recordings lie beside the checkout, not in it; tolerances are those of their README.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from checkout import SHARED
from mien.engines.probtalk3d_published.blocks import TransformerConfig
from mien.engines.probtalk3d_published.code_predictor import PredictorConfig
from mien.engines.probtalk3d_published.motion_prior import PriorConfig

GOLDEN = SHARED / "golden" / "probtalk3d"
TINY = GOLDEN / "tiny"
needs_golden = pytest.mark.skipif(not TINY.is_dir(), reason="the recorded ../shared/golden/probtalk3d is not here")
needs_transformers = pytest.mark.skipif(
    importlib.util.find_spec("transformers") is None, reason="the package transformers (the extra `hubert`) is not here"
)

SMALL = TransformerConfig(width=16, layers=2, heads=4, hidden=24)
PRIOR = PriorConfig(encoder=SMALL, decoder=SMALL, codes=12, code_width=8)
PREDICTOR = PredictorConfig(audio=20, style=43, transformer=SMALL)
HUBERT = {
    "model_type": "hubert",
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 24,
    "conv_dim": [8] * 7,
    "num_conv_pos_embeddings": 8,
    "num_conv_pos_embedding_groups": 4,
}  # as in a config.json
CASES = ("a_M009_angry_medium", "a_W026_happy_high", "b_M009_angry_medium")


def checkpoint(stage: int) -> Path:
    return TINY / f"stage_{stage}" / "lightning_logs" / "version_0" / "checkpoints" / "last.ckpt"


def recorded(stage: int, case: str) -> dict[str, np.ndarray]:
    """Every recorded array of a clip (`m0`, `m1`) of stage 1 or a case of stage 2."""
    prefix = f"{case}_" if stage == 1 else f"{case}__"
    with np.load(TINY / f"stage{stage}.npz") as file:
        return {name.removeprefix(prefix): file[name] for name in file.files if name.startswith(prefix)}


def close(found, wanted: np.ndarray, tolerance: float) -> None:
    found = np.asarray(found)
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=0, atol=tolerance)
