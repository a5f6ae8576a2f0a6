# SPDX-License-Identifier: GPL-3.0-or-later
"""The phone recogniser that ships: a network trained on the speech corpus, for any voice in any language."""

from mien.speech_analysis.network.inference import align, recognise

__all__ = ["align", "recognise"]
