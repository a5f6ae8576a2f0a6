# SPDX-License-Identifier: GPL-3.0-or-later
"""The recogniser that Mien's own is compared with."""

import numpy as np
import pytest
from mien.audio.speech import Speech
from mien.speech_analysis.track import INDEX, PHONES, RATE
from voices import sound, well_formed

pytest.importorskip("pocketsphinx", reason="PocketSphinx is an extra: pip install 'mien[pocketsphinx]'")
from mien.evaluation.phones import pocketsphinx, senones

SIL = INDEX["SIL"]
CHUNK_SAMPLES = pocketsphinx.CHUNK * 160


@pytest.mark.parametrize("length", [0, 1, 160, 161, 410, 4000])
@pytest.mark.parametrize("kind", ["silence", "steady", "noise"])
def test_the_shortest_sounds_give_a_track(kind: str, length: int) -> None:
    speech = sound(kind, length)
    well_formed(pocketsphinx.recognise(speech), speech)


@pytest.mark.parametrize("kind", ["silence", "steady"])
def test_a_sound_without_any_change_is_silence(kind: str) -> None:
    """Zeros normalised by their own mean were heard as two seconds of D."""
    track = pocketsphinx.recognise(sound(kind, 32000))
    assert [s.phone for s in track.segments] == ["SIL"]
    assert track.posteriors[:, SIL].min() > 0.99


def test_faint_noise_is_silence() -> None:
    noise = np.random.default_rng(0).standard_normal(32000) * 1e-3
    assert pocketsphinx.recognise(Speech.from_samples(noise)).posteriors[:, SIL].mean() > 0.9


def test_the_recording_has_silence_at_its_ends_and_speech_between(recording) -> None:
    track = pocketsphinx.recognise(recording)
    well_formed(track, recording)
    for end in (track.posteriors[:10], track.posteriors[-20:]):
        assert np.all(end.argmax(1) == SIL)
    assert track.posteriors[30:660, SIL].mean() < 0.05
    assert track.source == "pocketsphinx"


def test_digital_silence_around_speech_is_surely_silence(recording) -> None:
    track = pocketsphinx.recognise(Speech.from_samples(np.pad(recording.samples, 8000)))
    assert track.posteriors[:40, SIL].min() > 0.95 and track.posteriors[-40:, SIL].min() > 0.95


def test_posteriors_keep_their_doubt(recording) -> None:
    """Lips need the second best guess: rows of nothing but 0 and 1 would be a hard decision."""
    sure = pocketsphinx.recognise(recording).posteriors.max(1)
    assert 0.1 < np.mean(sure < 0.9) < 0.9


def test_the_same_sound_gives_the_same_track(recording) -> None:
    first, again = pocketsphinx.recognise(recording), pocketsphinx.recognise(recording)
    np.testing.assert_array_equal(first.posteriors, again.posteriors)
    assert first.segments == again.segments


def test_chunks_cover_the_sound_and_are_cut_where_it_is_quiet() -> None:
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, 47 * 16000 + 77).astype(np.float32)
    quiet = [(6.5, 6.9), (13.5, 14.0)]
    for begin, end in quiet:
        samples[int(begin * 16000) : int(end * 16000)] *= 0.001
    total = -(-len(samples) // 160)
    chunks = pocketsphinx.chunks(samples, total)
    assert [b for b, _ in chunks] == [0, *(e for _, e in chunks[:-1])] and chunks[-1][1] == total
    assert all(0 < e - b <= pocketsphinx.CHUNK for b, e in chunks)
    for (begin, end), (_, cut) in zip(quiet, chunks, strict=False):
        assert begin < cut / RATE < end


@pytest.mark.parametrize("length", [CHUNK_SAMPLES, CHUNK_SAMPLES + 1, CHUNK_SAMPLES - 1])
def test_a_sound_of_one_chunk_is_cut_only_beyond_it(length: int) -> None:
    total = -(-length // 160)
    assert (len(pocketsphinx.chunks(np.zeros(length, np.float32), total)) == 1) == (length <= CHUNK_SAMPLES)


def test_a_chunk_is_recognised_as_it_would_be_alone(recording, monkeypatch) -> None:
    """So that memory does not grow: nothing of a chunk is kept for the next. And a chunk of 3 s, which knows less of
    the voice, still hears mostly the same."""
    whole = pocketsphinx.recognise(recording)
    monkeypatch.setattr(pocketsphinx, "CHUNK", 3 * RATE)
    parts = pocketsphinx.chunks(recording.samples, len(whole))
    assert len(parts) >= 3
    track = pocketsphinx.recognise(recording)
    well_formed(track, recording)
    for begin, end in parts:
        alone = pocketsphinx.recognise(Speech.from_samples(recording.samples[begin * 160 : end * 160]))
        np.testing.assert_array_equal(track.posteriors[begin:end], alone.posteriors)
    away = np.ones(len(track), bool)
    for _, cut in parts[:-1]:
        away[cut - 20 : cut + 20] = False
    same = track.posteriors.argmax(1) == whole.posteriors.argmax(1)
    assert same[away].mean() > 0.75


def test_a_chunk_of_pure_silence_within_a_long_sound_is_silence(recording, monkeypatch) -> None:
    monkeypatch.setattr(pocketsphinx, "CHUNK", 2 * RATE)
    samples = np.concatenate([recording.samples[:32000], np.zeros(5 * 16000), recording.samples[32000:64000]])
    track = pocketsphinx.recognise(Speech.from_samples(samples))
    assert track.posteriors[250:650, SIL].min() > 0.9


def test_rows_sum_to_one_however_unlikely_the_beginning() -> None:
    """A loop begins in first states only; a frame that no first state could make left 0 / 0."""
    phones = len(pocketsphinx._senones().phones)
    likelihood = np.full((5, phones, 3), np.exp(pocketsphinx.LEAST), np.float32)
    likelihood[:, :, 2] = 1
    np.testing.assert_allclose(pocketsphinx._posteriors(likelihood).sum(1), 1, atol=1e-4)


def test_the_senones_of_the_model() -> None:
    found = senones.read_senones(pocketsphinx.ACOUSTIC / "mdef")
    assert set(PHONES) <= set(found.phones)
    assert found.count == 5126  # as the model's own description says
    assert set(np.unique(found.state)) == set(range(3 * len(found.phones)))


def test_best_of_state_is_the_least_score_of_its_senones() -> None:
    senone_table = senones.Senones(("A", "B"), np.array([0, 1, 2, 3, 4, 5, 0, 5]))
    scores = np.array([[9, 8, 7, 6, 5, 4, 3, 2]], np.int16)
    assert senone_table.best_of_state(scores).tolist() == [[[3, 8, 7], [6, 5, 2]]]
    assert senone_table.only("B").argmax() == 3


def test_another_file_is_no_model_definition(tmp_path) -> None:
    path = tmp_path / "mdef"
    path.write_bytes(b"0.3\n1 n_base\n")
    with pytest.raises(ValueError, match="mdef is no little-endian binary model definition"):
        senones.read_senones(path)
