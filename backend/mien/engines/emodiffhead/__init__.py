# SPDX-License-Identifier: GPL-3.0-or-later
"""EMOdiffhead (Zhang, Mai, Zhang 2024, arXiv 2409.07255), its expression half, on the default head.

A diffusion model: noise becomes motion in some twenty steps, guided by what is heard and by an expression, which is a
face at every frame and no category. The paper states no sizes, losses or schedules; those here are our own choices.
"""

from pathlib import Path

WEIGHTS = Path(__file__).with_name("mien.safetensors")
