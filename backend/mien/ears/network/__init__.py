# SPDX-License-Identifier: GPL-3.0-or-later
"""Mien's own ear: a network trained on the corpus (`mien.corpus`), for any voice in any language."""

from mien.ears.network.hearing import align, hear

__all__ = ["align", "hear"]
