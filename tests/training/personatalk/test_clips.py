# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from mien.engines.personatalk.geometry.audio_features import PHONETIC
from mien.speech_analysis.track import INDEX
from mien.training.personatalk import clips
from mien.training.personatalk.clips import FPS, MOUTH, make_clip, make_clips, read_clips
from mien.training.speech_corpus.store import read_units
from mien.training.speech_corpus.utterance import CorpusError
from motion_data import corpus


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return corpus(tmp_path_factory.mktemp("speech"))


@pytest.fixture(scope="module")
def folder(speech: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clips, "PERFORMANCES", 2)
        for unit in read_units(speech):
            make_clip(folder, unit)
    return folder


def test_a_clip_has_what_a_dub_hears_and_how_the_true_phones_are_performed(folder: Path) -> None:
    known, unknown = (next(c for c in read_clips(folder) if c.held_out == held_out) for held_out in (False, True))
    assert (known.name, unknown.name) == ("flite/kal16-en-000", "flite/awb-en-000")
    assert known.motion.shape == (2, 6 * FPS, len(MOUTH)) and np.isfinite(known.motion).all()
    assert known.voice.phonetic is not None
    assert known.voice.phonetic.shape == (len(known.voice.plain), PHONETIC)
    assert abs(len(known.voice.plain) - 600) <= 2 and abs(len(known.phones) - 600) <= 2
    # m from .5 to 1 s and then a, of "mapɪbusi": true phones, whatever was heard of the noise
    assert known.phones[75] == INDEX["M"]
    jaw = known.motion[:, :, MOUTH.index("jawOpen")]
    assert (jaw[:, round(1.3 * FPS)] > jaw[:, round(0.75 * FPS)]).all()
    assert not np.allclose(known.motion[0], known.motion[1])  # styles of their own


def test_only_what_is_missing_is_made(speech: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*/*")}
    done: list[float] = []
    assert make_clips(speech, folder, 1, lambda share, unit: done.append(share)) == 2
    assert done == [1.0] and {path: path.stat().st_mtime_ns for path in folder.glob("*/*")} == before


def test_clips_that_are_none_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="there are no clips in"):
        read_clips(tmp_path)
    file = tmp_path / "flite" / "x.safetensors"
    file.parent.mkdir()
    whole = next(folder.glob("*/*")).read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CorpusError, match="make the clips again"):
        read_clips(tmp_path)
    file.write_bytes(whole.replace(b"mien.personatalk.clip", b"mien.personatalk.else"))
    with pytest.raises(CorpusError, match="is no clip of format 1"):
        read_clips(tmp_path)
