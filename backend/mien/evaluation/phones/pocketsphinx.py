# SPDX-License-Identifier: GPL-3.0-or-later
"""PocketSphinx's English model as phone posteriors: the recogniser that Mien's own is compared with.

All-phone decoding gives one hard sequence, and lips are driven better when doubt is kept (docs/articulation.md,
section 1b). So PocketSphinx writes the score of every senone for every frame (its `senlogdir`), and a loop of all
phones, three states each, is run over them forward and backward (Rabiner 1989, section III). On 20 prompts with
transcripts this names the right viseme in 0.77 of the frames, the all-phone decoding of the same model in 0.72.
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pocketsphinx

from mien.audio.speech import Speech
from mien.evaluation.phones.senones import Senones, read_senones
from mien.speech_analysis.forced_alignment import STAY
from mien.speech_analysis.track import INDEX, PHONES, RATE, PhoneTrack, segments_of

MODELS = Path(pocketsphinx.get_model_path())
ACOUSTIC = MODELS / "en-us" / "en-us"
DICTIONARY = MODELS / "en-us" / "cmudict-en-us.dict"
SAMPLES = 160  # a frame
CHUNK = 10 * RATE  # frames decoded at once: memory stays flat, a stop is heeded, and the mean is normalised
UNIT = 0.1024  # a senone score in nats: 1.0001^1024 a step
SCALE = 0.3  # frames are not independent: flattens their scores (measured: 0.15 to 1.0 tried)
ENTER = 0.3  # against many short phones
LEAST = -60.0  # log likelihood that a state keeps, so that no row of a loop sums to 0


def recognise(speech: Speech, progress: Callable[[float], None] = lambda done: None) -> PhoneTrack:
    """Posteriors of any voice, by a model tuned to English. Memory grows by some 160 bytes a frame."""
    total = max(1, -(-len(speech.samples) // SAMPLES))
    posteriors = np.zeros((total, len(PHONES)), np.float32)
    path = np.full(total, INDEX["SIL"])
    for begin, end, likelihood in likelihoods(speech, total, progress):
        posteriors[begin:end] = _posteriors(likelihood)
        path[begin:end] = _best_path(likelihood)
    return PhoneTrack(posteriors, segments_of(path), "pocketsphinx")


def chunks(samples: np.ndarray, total: int) -> list[tuple[int, int]]:
    """(begin, end) frames of at most CHUNK, cut where the sound is quietest in the last half of each."""
    cuts = [0]
    while total - cuts[-1] > CHUNK:
        low = cuts[-1] + CHUNK // 2
        part = samples[low * SAMPLES : (cuts[-1] + CHUNK) * SAMPLES]
        level = np.convolve((part.reshape(-1, SAMPLES) ** 2).sum(1), np.ones(15), mode="valid")
        cuts.append(low + int(level.argmin()) + 7)
    return list(zip(cuts, [*cuts[1:], total], strict=True))


def _pcm(samples: np.ndarray) -> bytes:
    return np.round(samples * 32767).astype("<i2").tobytes()


@functools.cache
def _dictionary() -> dict[str, list[list[str]]]:
    """Pronunciations of each word, as phones."""
    pronunciations: dict[str, list[list[str]]] = {}
    with DICTIONARY.open(encoding="utf-8") as lines:
        for line in lines:
            word, *phones = line.split()
            pronunciations.setdefault(word.partition("(")[0], []).append(phones)
    return pronunciations


@functools.cache
def _senones() -> Senones:
    return read_senones(ACOUSTIC / "mdef")


def likelihoods(speech: Speech, total: int, progress: Callable[[float], None]) -> Iterator[tuple[int, int, np.ndarray]]:
    """(begin, end, likelihood) of each chunk of `total` frames."""
    for begin, end in chunks(speech.samples, total):
        progress(begin / total)
        yield begin, end, _likelihood(_pcm(speech.samples[begin * SAMPLES : end * SAMPLES]), end - begin)


def _likelihood(pcm: bytes, frames: int) -> np.ndarray:
    """(frames, phones of the model, 3) likelihood of each phone's state, scaled to at most 1 a frame."""
    senones = _senones()
    if pcm == pcm[:2] * (len(pcm) // 2):  # constant: normalised by their mean, zeros would be a long D
        return np.repeat(np.exp(SCALE * senones.only("SIL")), frames, 0)
    with tempfile.TemporaryDirectory(prefix="mien-") as folder:
        decoder = pocketsphinx.Decoder(
            hmm=str(ACOUSTIC),
            allphone=str(MODELS / "en-us" / "en-us-phone.lm.bin"),
            dict=None,
            lw=2.0,
            beam=1e-10,
            pbeam=1e-10,
            senlogdir=folder,
            compallsen=True,
            loglevel="FATAL",
        )
        decoder.start_utt()
        decoder.process_raw(pcm, full_utt=True)
        decoder.end_utt()
        del decoder  # closes the log
        logs = list(Path(folder).glob("*.sen"))
        scores = senones.read_log(logs[0]) if logs else np.zeros((0, senones.count), np.int16)
    best = senones.best_of_state(scores) * -UNIT
    best = best[:frames]
    if len(best) < frames:  # the last window does not fill: its frames sound like the one before, or are silence
        tail = best[-1:] if len(best) else senones.only("SIL")
        best = np.concatenate([best, np.repeat(tail, frames - len(best), 0)])
    return np.exp(np.maximum(SCALE * (best - best.max((1, 2), keepdims=True)), LEAST))


def _posteriors(likelihood: np.ndarray) -> np.ndarray:
    """(T, 40) probability of each phone at each frame, given all of them: forward times backward."""
    frames, phones, _ = likelihood.shape
    go, enter = 1 - STAY, ENTER * (1 - STAY) / phones
    forward = np.empty_like(likelihood)
    state = np.zeros((phones, 3))
    state[:, 0] = 1
    for t in range(frames):
        if t:
            entering = state[:, 2].sum() * enter
            state = state * STAY + np.concatenate([np.full((phones, 1), entering), state[:, :2] * go], axis=1)
        state = state * likelihood[t]
        state /= state.sum()
        forward[t] = state
    track = np.empty((frames, phones))
    later = np.ones((phones, 3))
    for t in reversed(range(frames)):
        both = forward[t] * later
        track[t] = both.sum(1) / both.sum()
        following = later * likelihood[t]
        entered = np.full((phones, 1), following[:, 0].sum() * enter)
        later = following * STAY + np.concatenate([following[:, 1:] * go, entered], axis=1)
        later /= later.sum()
    return _named(track)


def _best_path(likelihood: np.ndarray) -> np.ndarray:
    """(T,) index in PHONES of the most probable sequence (Viterbi)."""
    frames, phones, _ = likelihood.shape
    score = np.log(likelihood + 1e-30)
    stay, go = np.log(STAY), np.log(1 - STAY)
    enter = go + np.log(ENTER / phones)
    backpointer = np.zeros((frames, phones, 3), np.int16)  # -1: stayed; -2: state before; else the phone before
    value = np.full((phones, 3), -np.inf)
    value[:, 0] = score[0, :, 0]
    for t in range(1, frames):
        last = int(value[:, 2].argmax())
        before = np.concatenate([np.full((phones, 1), value[last, 2] + enter), value[:, :2] + go], axis=1)
        stays = value + stay
        backpointer[t] = np.where(stays >= before, -1, np.where(np.arange(3) == 0, last, -2))
        value = np.maximum(stays, before) + score[t]
    phone, state = np.unravel_index(value.argmax(), value.shape)
    path = np.empty(frames, int)
    for t in reversed(range(frames)):
        path[t] = phone
        step = backpointer[t, phone, state]
        if step == -2:
            state -= 1
        elif step >= 0:
            phone, state = step, 2
    return _named(np.eye(phones)[path]).argmax(1)


def _named(track: np.ndarray) -> np.ndarray:
    """(T, phones of the model) -> (T, 40) in the order of PHONES; breath and noise count as silence."""
    named = np.zeros((len(track), len(PHONES)), np.float32)
    for i, phone in enumerate(_senones().phones):
        named[:, INDEX.get(phone, INDEX["SIL"])] += track[:, i]
    return named
