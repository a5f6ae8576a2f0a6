# SPDX-License-Identifier: GPL-3.0-or-later
import gzip
import shutil
from pathlib import Path

import av
import numpy as np
import pytest
from mien.audio.speech import SpeechError
from mien.evaluation.phones.recordings import find_prompts, plain
from voices import SHIPPED

TEXTS = """; Core Asterisk Sounds in English

agent-pass: Please enter your password followed by the pound key.
beep: [this is a simple beep tone]
digits/5: five
not-there: This one has no sound.
"""


def write_g722(path: Path, seconds: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    hum = (8000 * np.sin(2 * np.pi * 220 * np.arange(round(seconds * 16000)) / 16000)).astype(np.int16)
    with av.open(str(path), "w", format="g722") as container:
        stream = container.add_stream("g722", rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(hum[None], format="s16", layout="mono")
        frame.sample_rate = 16000
        container.mux([*stream.encode(frame), *stream.encode(None)])


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """What Debian's packages lay down, in small."""
    sounds = tmp_path / "asterisk" / "sounds" / "en_US_f_Allison"
    for name, seconds in (("agent-pass", 1.0), ("beep", 1.0), ("digits/5", 0.5)):
        write_g722(sounds / f"{name}.g722", seconds)
    texts = tmp_path / "doc" / "asterisk-core-sounds-en" / "core-sounds-en.txt.gz"
    texts.parent.mkdir(parents=True)
    texts.write_bytes(gzip.compress(TEXTS.encode()))
    data = tmp_path / "pocketsphinx" / "test" / "data"
    (data / "librivox").mkdir(parents=True)
    shutil.copy(SHIPPED, data / "librivox" / "austen-0870.wav")
    (data / "librivox" / "transcription").write_text("<s> and mister john dashwood </s> (austen-0870)\n")
    (data / "goforward.raw").write_bytes(np.full(16000, 16384, "<i2").tobytes())
    return tmp_path


def test_prompts_are_those_with_a_sound_and_a_plain_text_and_long_enough(packages: Path) -> None:
    prompts = [(p.source, p.language, p.voice, p.path.name, p.text) for p in find_prompts(packages)]
    assert prompts == [
        ("asterisk", "en", "Allison", "agent-pass.g722", "Please enter your password followed by the pound key."),
        ("pocketsphinx", "en", "LibriVox", "austen-0870.wav", "and mister john dashwood"),
        ("pocketsphinx", "en", "commands", "goforward.raw", "go forward ten meters"),
    ]


def test_every_kind_of_sound_is_read_at_its_full_scale(packages: Path, recording) -> None:
    prompt, reading, command = (each.read() for each in find_prompts(packages))
    assert len(prompt.samples) == 16000 and np.abs(prompt.samples[4000:]).max() == pytest.approx(8000 / 32768, rel=0.05)
    assert reading.sha256 == recording.sha256
    np.testing.assert_array_equal(command.samples, np.full(16000, 0.5, np.float32))


def test_without_the_packages_there_are_no_prompts(tmp_path: Path) -> None:
    assert find_prompts(tmp_path) == []


def test_a_sound_that_cannot_be_read_is_named(packages: Path) -> None:
    prompt = find_prompts(packages)[0]
    prompt.path.unlink()
    with pytest.raises(SpeechError, match="agent-pass.g722 cannot be read"):
        prompt.read()


@pytest.mark.parametrize("text", ["Thank you.", "press 1 or 2", "c’è una chiamata", "Вы ввели номер.", "Who? Me."])
def test_a_plain_text(text: str) -> None:
    assert plain(text)


@pytest.mark.parametrize(
    "text", ["[tones]", "at [@]", "press * now", "dial 500", "3D audio", "H.323", "sar? esatto", "an IAX call", "..."]
)
def test_a_text_that_is_not_verbatim(text: str) -> None:
    assert not plain(text)
