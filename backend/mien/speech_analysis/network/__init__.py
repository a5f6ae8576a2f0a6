# SPDX-License-Identifier: GPL-3.0-or-later
"""Mien's own ear: a network trained on the corpus (`mien.training.speech_corpus`), for any voice in any language."""

from mien.speech_analysis.network.inference import align, hear

__all__ = ["align", "hear"]
