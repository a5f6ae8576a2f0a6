# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tags of a transcript ask for, as a direction for any engine and as changes of its takes: the direction's
emotion and gains follow the words, gaze, brows and head are moved afterwards. The sizes are set by eye."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mien.audio.speech import Speech
from mien.channels import INDEX
from mien.direction import ANGLES, EMOTIONS, Curve, Direction, DirectionError
from mien.eye_look import eye_look
from mien.numeric.smoothstep import smoothstep
from mien.speech_analysis.errors import RecognitionError
from mien.speech_analysis.recogniser import recognise_phones
from mien.speech_analysis.tags import Tag, read_tags
from mien.speech_analysis.track import Word
from mien.take import Take

STEP = 0.04  # s between keys of a curve that follows tags
RAMP, LOOK_RAMP, HEAD_RAMP = 0.4, 0.1, 0.4  # s in which an emotion, the eyes, the head change
LOOK_S = 1.5  # a look lasts so long, or until the next one
LOOKS = {
    "left": (0.0, 0.32), "right": (0.0, -0.32), "up": (-0.2, 0.0), "down": (0.26, 0.0), "away": (0.1, 0.28),
    "camera": (0.0, 0.0),
}  # fmt: skip
HEAD_SHARE = 0.3  # of a look, that the head goes along
PAUSE_LEAST = 0.1  # s
STRESS_GAIN, STRESS_BROWS, STRESS_NOD = 0.25, 0.35, np.radians(3.0)
STRESS_BEFORE, STRESS_AFTER = 0.1, 0.15  # s


@dataclass(frozen=True)
class Tagged:
    """`direction`: for the engine, its transcript without tags. `looks`: (begin, end, where), `stresses`: (begin, end)
    in seconds. `notes`: sentences on tags that could not be followed."""

    direction: Direction
    looks: tuple[tuple[float, float, str], ...] = ()
    stresses: tuple[tuple[float, float], ...] = ()
    notes: tuple[str, ...] = ()

    def perform(self, take: Take) -> Take:
        """The take with its looks and stressed words. What the direction holds stays."""
        if not self.looks and not self.stresses:
            return take
        times, held = take.times, self.direction.held
        head, gaze, weights = take.head_rotation.astype(float), take.gaze, take.weights
        weights = None if weights is None else weights.astype(float)
        gaze = None if gaze is None else gaze.astype(float)
        turned = not any(name in held for name in ANGLES)
        for begin, end, where in self.looks:
            target = np.array(LOOKS[where])
            share = _share(times, begin, end, LOOK_RAMP)[:, None]
            if turned and gaze is not None:
                gaze += share * (target - gaze)
            if turned:
                head[:, :2] += _share(times, begin, end, HEAD_RAMP)[:, None] * HEAD_SHARE * target
            if weights is not None:
                aim = eye_look(target[None])[0]
                _blend(weights, take.channels, held, "eyeLook", aim, share)
        for begin, end in self.stresses:
            share = _share(times, begin - STRESS_BEFORE, end + STRESS_AFTER, 0.12)
            if turned:
                head[:, 0] += STRESS_NOD * share
            if weights is not None:
                for name in ("browInnerUp", "browOuterUpLeft", "browOuterUpRight"):
                    if name in take.channels and name not in held:
                        weights[:, take.channels.index(name)] += STRESS_BROWS * share
        clipped = None if weights is None else np.clip(weights, 0, 1).astype(np.float32)
        return replace(
            take,
            weights=clipped,
            head_rotation=head.astype(np.float32),
            gaze=None if gaze is None else gaze.astype(np.float32),
        )


def follow_tags(direction: Direction, speech: Speech, progress: Callable[[float], None] = lambda done: None) -> Tagged:
    """The direction that follows the tags of its transcript, by when the words of the speech are said. A transcript
    without tags changes nothing. DirectionError where it does not fit the sound."""
    read = read_tags(direction.transcript, EMOTIONS)
    if not read.tags:
        return Tagged(direction, notes=read.notes)
    plain = replace(direction, transcript=read.text)
    try:
        words = recognise_phones(speech, read.text, progress).words if read.text else ()
    except RecognitionError as error:
        raise DirectionError(str(error)) from error
    seconds = float(speech.duration)
    directed = _with_emotions(plain, read.tags, words, seconds)
    stresses = tuple((_begin(words, tag.word), _end(words, tag.until - 1)) for tag in read.tags if tag.kind == "stress")
    pauses, notes = _pauses(read.tags, words, seconds)
    directed = _with_gains(directed, stresses, pauses, seconds)
    return Tagged(directed, _looks(read.tags, words, seconds), stresses, (*read.notes, *notes))


def _begin(words: Sequence[Word], number: int) -> float:
    """The second at which what is before this word ends and the word begins; 0 before the first."""
    if not number or not words:
        return 0.0
    return words[number].begin if number < len(words) else words[-1].end


def _end(words: Sequence[Word], number: int) -> float:
    return words[min(max(number, 0), len(words) - 1)].end if words else 0.0


def _with_emotions(direction: Direction, tags: Sequence[Tag], words: Sequence[Word], seconds: float) -> Direction:
    wanted = [tag for tag in tags if tag.kind == "emotion"]
    if not wanted:
        return direction
    times = np.arange(0.0, seconds + STEP, STEP)
    names = sorted({*direction.emotion, *(tag.value for tag in wanted if tag.value)})
    values = {name: direction.emotion[name].at(times) if name in direction.emotion else 0 * times for name in names}
    begins = [_begin(words, tag.word) for tag in wanted]
    for tag, begin, end in zip(wanted, begins, [*begins[1:], np.inf], strict=True):
        if tag.value:
            share = _share(times, begin - RAMP / 2 if begin else -1.0, end - RAMP / 2, RAMP, inside=False)
            for name in names:
                values[name] = values[name] * (1 - share) + (tag.weight if name == tag.value else 0.0) * share
    emotion = {name: _curve(times, values[name]) for name in names}
    return replace(direction, emotion={name: curve for name, curve in emotion.items() if curve.constant != 0.0})


def _with_gains(
    direction: Direction, stresses: Sequence[tuple[float, float]], pauses: Sequence[tuple[float, float]], seconds: float
) -> Direction:
    if not stresses and not pauses:
        return direction
    times = np.arange(0.0, seconds + STEP, STEP)
    gain = np.ones(len(times))
    for begin, end in stresses:
        gain += STRESS_GAIN * _share(times, begin - STRESS_BEFORE, end + STRESS_AFTER, 0.1)
    for begin, end in pauses:
        gain *= 1 - _share(times, begin, end, min(0.1, (end - begin) / 2))
    jaw, lips = (_curve(times, np.clip(curve.at(times) * gain, 0, 2)) for curve in (direction.jaw, direction.lips))
    return replace(direction, jaw=jaw, lips=lips)


def _pauses(tags: Sequence[Tag], words: Sequence[Word], seconds: float) -> tuple[list[tuple[float, float]], list[str]]:
    """(seconds of the pauses, sentences on those that the voice does not make)."""
    pauses, notes = [], []
    for tag in (tag for tag in tags if tag.kind == "pause"):
        begin = words[tag.word - 1].end if 0 < tag.word <= len(words) else 0.0
        end = words[tag.word].begin if tag.word < len(words) else seconds
        if end - begin >= PAUSE_LEAST:
            pauses.append((begin, end))
        else:
            notes.append(f"The voice makes no pause before '{words[tag.word].text}', at {end:.1f} s.")
    return pauses, notes


def _looks(tags: Sequence[Tag], words: Sequence[Word], seconds: float) -> tuple[tuple[float, float, str], ...]:
    wanted = [tag for tag in tags if tag.kind == "look"]
    begins = [_begin(words, tag.word) for tag in wanted]
    ends = [*begins[1:], seconds + 1.0][: len(begins)]
    return tuple(
        (begin, min(begin + LOOK_S, end), tag.value) for tag, begin, end in zip(wanted, begins, ends, strict=True)
    )


def _share(times: np.ndarray, begin: float, end: float, ramp: float, inside: bool = True) -> np.ndarray:
    """(N,) 0 to 1 and back over `ramp` seconds each, within begin and end; or, unless `inside`, from begin on and from
    end on."""
    rising = np.clip((times - begin) / max(ramp, 1e-3), 0, 1)
    falling = np.clip((end - times) / max(ramp, 1e-3) + (0 if inside else 1), 0, 1)
    return smoothstep(np.minimum(rising, falling))


def _curve(times: np.ndarray, values: np.ndarray) -> Curve:
    return Curve(tuple(times.tolist()), tuple(np.round(values, 6).tolist()))


def _blend(weights: np.ndarray, channels: tuple[str, ...], held, prefix: str, aim: np.ndarray, share) -> None:
    """Blend the channels of a prefix towards an aim (52,), in place."""
    for number, name in enumerate(channels):
        if name.startswith(prefix) and name not in held:
            weights[:, number] += share[:, 0] * (aim[INDEX[name]] - weights[:, number])
