# SPDX-License-Identifier: GPL-3.0-or-later
"""The provenance of a dub that nobody made."""

from mien.video.consent import Consent
from mien.video.provenance import Input, Provenance

CONSENT = Consent("Maria Rossi, in writing, 12 March 2026", "2026-03-12T10:00:00+00:00", "terminal")
DUB = Provenance("dub", "personatalk", 7, (Input("voice", "voice.wav", "ab" * 32),), CONSENT)
