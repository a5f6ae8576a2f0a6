# SPDX-License-Identifier: GPL-3.0-or-later
"""A persona chosen in a direction: in the take of every engine, its metadata, its key, the list of models."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from lip_contacts import BILABIALS, gaps, showing, track_of
from mien.direction import Direction, DirectionError
from mien.engines import ENGINES, EngineMissing, check
from mien.engines.articulation.persona import persona_digest
from mien.models.catalogue import models
from mien.speak import speak
from mien.take_request import TakeRequest
from personas import LIVELY, correction, write_persona
from voices import voice

ADA = Direction.from_json({"persona": "ada"})
LIPS_SHUT = 0.001  # m


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIEN_DATA_FOLDER", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", ["articulation", "probtalk3d", "emodiffhead"])
def test_every_engine_of_the_default_head_speaks_like_it_and_shuts_the_lips(name: str, data_folder: Path) -> None:
    write_persona(data_folder, "ada", LIVELY, correction())
    plain, ada = (speak(voice("shipped"), direction, name) for direction in (Direction(), ADA))
    spread = [np.percentile(gaps(take), 95) - np.percentile(gaps(take), 50) for take in (plain, ada)]
    assert spread[1] > 1.1 * spread[0]
    left, right = (ada.channel(f"mouthStretch{side}").mean() for side in ("Left", "Right"))
    assert left > 1.05 * right
    assert ada.meta["persona"] == "ada" and ada.meta["persona_sha256"] == persona_digest("ada", data_folder)
    assert "persona" not in plain.meta
    for segment in track_of("shipped").segments:
        if segment.phone in BILABIALS and segment.end - segment.begin >= 4:
            assert gaps(ada)[showing(segment, ada, 0.02, 0.02)].min() <= LIPS_SHUT, segment


def test_lips_of_single_phones_are_its_own(data_folder: Path) -> None:
    write_persona(data_folder, "gains", LIVELY)
    write_persona(data_folder, "phones", LIVELY, correction())
    takes = [speak(voice("shipped"), Direction(persona=name), "articulation") for name in ("gains", "phones")]
    assert np.abs(gaps(takes[0]) - gaps(takes[1])).max() > 0.002
    np.testing.assert_array_equal(takes[0].channel("eyeBlinkLeft"), takes[1].channel("eyeBlinkLeft"))


def test_json_goes_both_ways_and_a_path_is_no_name() -> None:
    assert Direction.from_json(ADA.to_json()) == ADA
    assert "persona" not in Direction().to_json()
    with pytest.raises(DirectionError, match="persona is '/etc/ada'; expected a name of letters"):
        Direction.from_json({"persona": "/etc/ada"})


def test_what_is_not_here_or_not_supported_is_refused_in_words(data_folder: Path) -> None:
    write_persona(data_folder, "adam")
    with pytest.raises(EngineMissing, match="no persona 'ada'.*there are: adam. Learn one .*mien learn FILM -o ada"):
        speak(voice("shipped"), ADA, "articulation")
    with pytest.raises(DirectionError, match="does not follow 'persona'; ask probtalk3d or"):
        check(ADA, ENGINES["toy"])


def test_the_key_of_a_take_follows_the_persona(data_folder: Path) -> None:
    def key(direction: Direction) -> str:
        return TakeRequest("0" * 64, 16000, "sound", direction, "articulation", Fraction(25)).result_key(data_folder)

    missing = key(ADA)
    write_persona(data_folder, "ada")
    first = key(ADA)
    write_persona(data_folder, "ada", LIVELY, correction())
    assert len({missing, first, key(ADA), key(Direction())}) == 4


def test_it_is_listed_and_a_damaged_one_says_so(data_folder: Path) -> None:
    write_persona(data_folder, "ada")
    write_persona(data_folder, "bob").write_bytes(b"nothing")
    ada, bob = (model for model in models(data_folder) if model.name.startswith("persona "))
    assert "--persona ada" in ada.what and ada.here == "61.5 s of 3 clips"
    assert "cannot be read" in bob.needs and not bob.here
