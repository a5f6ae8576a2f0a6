# SPDX-License-Identifier: GPL-3.0-or-later
"""How gestures go with speech, and how like people's they are: measured on the joints of takes, voice by voice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mien.audio.speech import Speech, read_speech
from mien.body.kinematics import forward
from mien.body.skeleton import FINGERS, REST, SHOULDER_WIDTH, SIDES
from mien.direction import Direction
from mien.engines.articulation import phone_table
from mien.engines.diffted.gestures import Gestures, gestures
from mien.engines.diffted.hand_motion import Mover, by_grammar
from mien.evaluation import EvaluationError
from mien.numeric.mask_runs import runs
from mien.speech_analysis.prosody import Prosody, analyse_prosody
from mien.speech_analysis.recogniser import recognise_phones
from mien.speech_analysis.track import RATE, PhoneTrack

FPS = 25
WIDTH = 0.1  # s of the Gaussian of beat consistency (Li et al. 2021, AI Choreographer)
NEAR = 0.1  # s between a stroke's end and a stressed syllable that belong together
FAST = 0.5  # shoulder widths a second, from which a hand moves: the threshold of the measured speakers
LEAST = 0.12  # s of such a movement
TORSO = 0.125  # m around the spine that no hand enters
APART = 0.02  # m between joints of the two hands
BOOTSTRAP = 2000

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class GestureScores:
    """own, shuffled: beat consistency with the own sound and, mean, with the others'; difference and its 95 % interval;
    by_chance: share of moments within NEAR of a stressed syllable, stressed: of the strokes' ends; movements a minute,
    their seconds and amplitudes in shoulder widths (median, p10, p90); rest: share of slow frames; diversity: mean
    distance of the wrists of two seeds, shoulder widths; step: the largest of a joint between two frames, radians;
    inside: frames in which a hand is in the body or in the other hand; seam_jerk: of the wrists where windows of a
    network meet, over that elsewhere; None without seams."""

    voices: int
    seconds: float
    own: float
    shuffled: float
    difference: float
    interval: tuple[float, float]
    stressed: float
    by_chance: float
    a_minute: float
    lasting: tuple[float, float, float]
    amplitude: tuple[float, float, float]
    rest: float
    diversity: float
    step: float
    inside: int
    seam_jerk: float | None


@dataclass(frozen=True, eq=False)
class _Clip:
    seconds: float
    beats: np.ndarray
    stressed: np.ndarray
    made: tuple[Gestures, Gestures]
    wrists: tuple[np.ndarray, np.ndarray]


def evaluate(
    paths: Sequence[Path], seed: int, scale: float, progress: Progress, mover: Mover = by_grammar
) -> GestureScores:
    """Of the voices in these files, two seeds each; mover: what moves the hands. EvaluationError for fewer than two
    voices; what reading raises."""
    if len(paths) < 2:
        raise EvaluationError(f"{len(paths)} voices are given; two are needed, as sounds are exchanged.")
    clips = []
    for i, path in enumerate(sorted(paths)):
        clips.append(_clip(read_speech(path), seed + 10 * i, scale, mover))
        progress((i + 1) / len(paths), path.name)
    stops = [[motion_beats(wrists) for wrists in clip.wrists] for clip in clips]
    pairs = list(zip(clips, stops, strict=True))
    own = np.array([np.mean([consistency(clip.beats, stop) for stop in two]) for clip, two in pairs])
    others = np.array(
        [
            np.mean([consistency(other.beats, stop) for other in clips if other is not clip for stop in two])
            for clip, two in pairs
        ]
    )
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(clips), (BOOTSTRAP, len(clips)))
    low, high = np.quantile((own - others)[draws].mean(1), (0.025, 0.975))
    ends = [(end, clip) for clip in clips for end in clip.made[0].ends]
    moves = [move for clip in clips for side in range(2) for move in movements(clip.wrists[0][:, side])]
    seconds = sum(clip.seconds for clip in clips)
    speeds = np.concatenate([_speed(clip.wrists[0]).ravel() for clip in clips])
    return GestureScores(
        voices=len(clips), seconds=seconds, own=float(own.mean()), shuffled=float(others.mean()),
        difference=float((own - others).mean()), interval=(float(low), float(high)),
        stressed=float(np.mean([near(end, clip.stressed) for end, clip in ends])) if ends else 0.0,
        by_chance=float(np.mean([near(t, clip.stressed) for clip in clips for t in np.arange(0, clip.seconds, 0.02)])),
        a_minute=60 * len(moves) / seconds / 2,
        lasting=_spread([last for last, _ in moves]), amplitude=_spread([size for _, size in moves]),
        rest=float((speeds < FAST).mean()),
        diversity=float(np.mean([np.linalg.norm(c.wrists[0] - c.wrists[1], axis=-1).mean() for c in clips])),
        step=float(max(np.abs(np.diff(made.joints, axis=0)).max() for c in clips for made in c.made)),
        inside=sum(int(collisions(made).sum()) for clip in clips for made in clip.made),
        seam_jerk=seam_jerk([(clip.wrists[i], clip.made[i].seams) for clip in clips for i in range(2)]),
    )  # fmt: skip


def consistency(sound: np.ndarray, motion: np.ndarray) -> float:
    """How near each beat of the sound (A,) has one of the motion (M,), seconds: the mean of exp(-d^2 / 2 WIDTH^2)."""
    if not len(sound) or not len(motion):
        return 0.0
    nearest = np.abs(sound[:, None] - motion).min(1)
    return float(np.exp(-(nearest**2) / (2 * WIDTH**2)).mean())


def motion_beats(wrists: np.ndarray) -> np.ndarray:
    """Seconds at which moving hands (F, 2, 3) come to a stop: after more than FAST, half of that or less."""
    speed = _speed(wrists).max(1)
    stops = np.flatnonzero((speed[1:] <= FAST / 2) & (speed[:-1] > FAST / 2)) + 1
    return np.array([i / FPS for i in stops if speed[max(i - 8, 0) : i].max(initial=0) > FAST])


def sound_beats(prosody: Prosody) -> np.ndarray:
    """Seconds of onsets: where the level of the vowels' band rises by 6 dB or more within 60 ms, and most."""
    from scipy.signal import find_peaks

    rise = np.maximum(prosody.vowel_level[6:] - prosody.vowel_level[:-6], 0) * (prosody.vowel_level[6:] > -45)
    peaks, _ = find_peaks(rise, height=6.0, distance=round(0.15 * RATE))
    return (peaks + 3) / RATE


def stressed_syllables(track: PhoneTrack, prosody: Prosody) -> np.ndarray:
    """(S, 2) seconds of the vowels that are longer and louder, together, than the median vowel. Pitch has no part in
    it: by pitch the strokes were planned."""
    vowels = [segment for segment in track.segments if segment.phone in phone_table.VOWELS]
    if not vowels:
        return np.zeros((0, 2))
    length = np.array([np.log(segment.end - segment.begin) for segment in vowels])
    level = np.array([prosody.level[segment.begin : segment.end].max() for segment in vowels])
    strength = sum(((each - each.mean()) / max(each.std(), 1e-9) for each in (length, level)), np.zeros(len(vowels)))
    chosen = [segment for segment, one in zip(vowels, strength, strict=True) if one > np.median(strength)]
    return np.array([(segment.begin / RATE, segment.end / RATE) for segment in chosen]).reshape(-1, 2)


def near(moment: float, spans: np.ndarray) -> bool:
    """Whether a second lies within NEAR of one of the spans (S, 2)."""
    return bool(len(spans)) and bool((np.maximum(spans[:, 0] - moment, moment - spans[:, 1]) <= NEAR).any())


def movements(wrist: np.ndarray) -> list[tuple[float, float]]:
    """(seconds, shoulder widths between its ends) of each movement of a wrist (F, 3) above FAST."""
    speed = _speed(wrist[:, None])[:, 0]
    found = []
    for begin, end in runs(speed > FAST):
        if (end - begin) / FPS >= LEAST:
            found.append(((end - begin) / FPS, float(np.linalg.norm(wrist[min(end, len(wrist) - 1)] - wrist[begin]))))
    return found


def seam_jerk(clips: Sequence[tuple[np.ndarray, Sequence[float]]]) -> float | None:
    """The mean third difference of wrists (F, 2, 3) within two frames of a seam (seconds) over that elsewhere; None
    where there is no seam."""
    at_seams, elsewhere = [], []
    for wrists, seams in clips:
        jerk = np.linalg.norm(np.diff(wrists, 3, axis=0), axis=-1).mean(1)
        middles = np.arange(len(jerk)) + 1.5  # frames that a difference lies between
        near_seam = (
            (np.abs(middles[:, None] - FPS * np.array(seams)) <= 2).any(1) if seams else np.zeros(len(jerk), bool)
        )
        at_seams.append(jerk[near_seam])
        elsewhere.append(jerk[~near_seam])
    joined = np.concatenate(at_seams)
    return float(joined.mean() / np.concatenate(elsewhere).mean()) if len(joined) else None


def collisions(made: Gestures) -> np.ndarray:
    """(F,) bool: a joint of a hand is within TORSO of the spine, or within APART of one of the other hand."""
    places, _ = forward(made.joints.astype(float), made.names)
    hands = [_hand(places, side) for side in SIDES]
    spine = [places[name] for name in ("hips", "spine", "chest", "upper_chest", "neck")]
    inside = np.zeros(len(made.joints), bool)
    for one, other in zip(spine, spine[1:], strict=False):
        for hand in hands:
            inside |= (_to_segment(hand, one[:, None], other[:, None]) < TORSO).any(1)
    between = np.linalg.norm(hands[0][:, :, None] - hands[1][:, None], axis=-1)
    return inside | (between < APART).any((1, 2))


def _hand(places: dict[str, np.ndarray], side: str) -> np.ndarray:
    names = [f"{side}_hand", *(f"{side}_{finger}_distal" for finger in FINGERS)]
    return np.stack([places[name] for name in names], 1)


def _to_segment(points: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    along = end - start
    share = np.clip(((points - start) * along).sum(-1) / np.maximum((along**2).sum(-1), 1e-12), 0, 1)
    return np.linalg.norm(points - start - share[..., None] * along, axis=-1)


def _clip(speech: Speech, seed: int, scale: float, mover: Mover) -> _Clip:
    track, prosody = recognise_phones(speech), analyse_prosody(speech)
    frames = max(2, int(float(speech.duration) * FPS))
    times, still = np.arange(frames) / FPS, np.zeros((frames, 3))
    directions = [Direction(seed=seed + i, gestures=scale) for i in range(2)]
    made = [gestures(track, prosody, direction, times, still, mover) for direction in directions]
    return _Clip(
        float(speech.duration), sound_beats(prosody), stressed_syllables(track, prosody), (made[0], made[1]),
        (_wrists(made[0]), _wrists(made[1])),
    )  # fmt: skip


def _wrists(made: Gestures) -> np.ndarray:
    """(F, 2, 3) shoulder widths, left and right."""
    places, _ = forward(made.joints.astype(float), made.names)
    return np.stack([places[f"{side}_hand"] - REST["neck"] for side in SIDES], 1) / SHOULDER_WIDTH


def _speed(wrists: np.ndarray) -> np.ndarray:
    """(F, N) shoulder widths a second of wrists (F, N, 3)."""
    return np.linalg.norm(np.gradient(wrists, axis=0), axis=-1) * FPS


def _spread(values: list[float]) -> tuple[float, float, float]:
    if not values:
        return 0.0, 0.0, 0.0
    median, low, high = np.quantile(values, (0.5, 0.1, 0.9))
    return float(median), float(low), float(high)


HEAD = ("measure", "gestures", "seven speakers")


def cells(scores: GestureScores) -> list[list[str]]:
    """Rows of a table under HEAD."""
    seams = "no seams" if scores.seam_jerk is None else f"{scores.seam_jerk:.2f}"
    low, high = scores.interval
    return [
        ["beat consistency, own sound", f"{scores.own:.3f}", ""],
        ["the same motion, others' sounds", f"{scores.shuffled:.3f}", ""],
        ["difference (95 %)", f"{scores.difference:.3f} ({low:.3f} to {high:.3f})", ""],
        ["strokes that end within 100 ms of a stressed syllable", f"{100 * scores.stressed:.0f} %", ""],
        ["moments that do", f"{100 * scores.by_chance:.0f} %", ""],
        ["movements a minute and hand", f"{scores.a_minute:.0f}", "18 (11 to 89)"],
        ["seconds of one", _words(scores.lasting), ".40 (.30 to .70)"],
        ["amplitude, shoulder widths", _words(scores.amplitude), ".21 (.13 to .73)"],
        ["hands at rest", f"{100 * scores.rest:.0f} %", "88 % (36 to 89)"],
        ["two seeds, shoulder widths between wrists", f"{scores.diversity:.2f}", ""],
        ["largest step of a joint, degrees a frame", f"{np.degrees(scores.step):.1f}", ""],
        ["frames with a hand in the body or the other hand", str(scores.inside), ""],
        ["jerk at seams over that elsewhere", seams, ""],
    ]


def _words(values: tuple[float, float, float]) -> str:
    return "{:.2f} ({:.2f} to {:.2f})".format(*values)
