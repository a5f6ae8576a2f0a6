# SPDX-License-Identifier: GPL-3.0-or-later
"""The style of somebody: the one in which the rules, performing the same sounds, move as this person does.

Every number is compared with what the rules make of the same sounds in the default style, so that neither what was said
nor how long decides it. The mouth's four gains act on the same measures together and are found by Gauss-Newton steps;
the others are ratios. Each is drawn towards the usual one by as much as chance would scatter it over so short a time,
which the rules' own seeds show.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mien.channels import columns, sides
from mien.engines.articulation.styles import STYLES, Style
from mien.persona import measures
from mien.persona.recording import Motion, Recording

PLAIN = STYLES["default"]
SEEDS = tuple(range(101, 107))  # of what is usual; none that a user is likely to have
GAINS = ("jaw", "lips", "rounding", "spreading")
# Standard deviations of people's logarithms about the usual, twice as wide as those of the 36 speakers; and of what the
# measures of `measures.MOUTH` are uncertain by: as the rules give them, and as a camera does
GAIN_SPREAD = np.array([0.4, 0.4, 0.26, 0.36])
UNSURE = {False: (0.03, 0.04, 0.08, 0.08, 0.08, 0.08, 0.12, 0.15), True: (0.05, 0.3, 0.1, 0.1, 0.5, 0.4, 0.4, 0.5)}
STEPS, STEP = 4, 0.1  # Gauss-Newton steps of the mouth; of the slopes' finite differences
NONVERBAL_SPREAD = {"head": 0.6, "nods": 0.8, "gaze": 0.5, "brows": 0.9, "blinks": 0.7, "blink_time": 0.3}
LEAN_SPREAD = {"mouth_lean": 0.12, "brow_lean": 0.25}
TILT_SPREAD = 4.0  # degrees
MOST = 1.0  # of |log gain|: 2.7 times as much, or as little, as usual
RATES = (0.35, 0.7, 1.0, 1.5, 2.2, 3.2)  # of blinks, between which the rules' own rate is read
RESTING = (
    "mouthSmile", "mouthFrown", "mouthPress", "mouthShrugLower", "cheekSquint", "browInnerUp", "browOuterUp",
    "browDown", "eyeWide", "eyeSquint",
)  # fmt: skip
RESTED, MOST_RESTING = 0.015, 0.35  # weights that are too small to count; at most


@dataclass(frozen=True, eq=False)
class Usual:
    """What the rules make of the recordings' sounds in the default style, over SEEDS: `nonverbal` and `without_nods` by
    measure (S,), `leans` (S,), `tilt` (S, 3), `blinks` a second at each of RATES, and `slopes` (8, 4) of the mouth's
    measures by the logarithm of each gain."""

    nonverbal: dict[str, np.ndarray]
    without_nods: dict[str, np.ndarray]
    leans: dict[str, np.ndarray]
    tilt: np.ndarray
    blinks: np.ndarray
    slopes: np.ndarray


@dataclass(frozen=True, eq=False)
class StyleFit:
    """`kept`: how much of each measured difference from the usual is in the style, 0 to 1."""

    style: Style
    kept: dict[str, float]


def fit_style(
    recordings: Sequence[Recording], usual: Usual | None = None, progress: Callable[[float], None] = lambda done: None
) -> StyleFit:
    """Of one person's recordings; `usual` where it is known already."""
    usual = usual or usual_of(recordings)
    progress(0.4)
    own = [(recording, recording.motion) for recording in recordings]
    kept: dict[str, float] = {}
    style = dataclasses.replace(PLAIN, **_leans(own, usual, kept))
    style = dataclasses.replace(style, **_nonverbal(own, usual, kept), tilt=_tilt(own, usual, kept, recordings))
    for step in range(STEPS):
        style = _mouth_step(style, recordings, own, usual)
        style = dataclasses.replace(style, resting=_resting(style, recordings, own))
        progress(0.4 + 0.6 * (step + 1) / STEPS)
    rounded = {
        each.name: round(value, 3)
        for each in dataclasses.fields(Style)
        if isinstance(value := getattr(style, each.name), float)
    }
    return StyleFit(dataclasses.replace(style, **rounded), kept)


def usual_of(recordings: Sequence[Recording]) -> Usual:
    """What is usual for the sounds of these recordings."""
    nonverbal, still, leans, tilts = [], [], [], []
    for seed in SEEDS:
        pairs = _performed(recordings, PLAIN, seed)
        nonverbal.append(measures.nonverbal_statistics(pairs))
        leans.append(measures.leans(pairs))
        tilts.append(measures.pose(pairs)[1])
        still.append(measures.nonverbal_statistics(_performed(recordings, dataclasses.replace(PLAIN, nods=0.0), seed)))
    rates = []
    for rate in RATES:
        often = dataclasses.replace(PLAIN, blinks=rate)
        rates.append(
            np.mean(
                [measures.nonverbal_statistics(_performed(recordings, often, seed))["blinks"] for seed in SEEDS[:3]]
            )
        )
    slopes = [(_mouth(recordings, _scaled(PLAIN, name, STEP)) - _mouth(recordings, PLAIN)) / STEP for name in GAINS]
    return Usual(
        nonverbal=_by_name(nonverbal),
        without_nods=_by_name(still),
        leans=_by_name(leans),
        tilt=np.array(tilts),
        blinks=np.maximum.accumulate(rates) + 1e-6 * np.arange(len(RATES)),
        slopes=np.stack(slopes, axis=1),
    )


def _performed(recordings: Sequence[Recording], style: Style, seed: int) -> list[tuple[Recording, Motion]]:
    """Each clip from a seed of its own: a person's moods differ from one to the next, too."""
    return [(each, each.performed(style, 1000 * i + seed)) for i, each in enumerate(recordings)]


def _by_name(rows: Sequence[dict[str, float]]) -> dict[str, np.ndarray]:
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _share(scatter: float, spread: float) -> float:
    """Of a difference, how much is the person's and not chance: the best linear estimate."""
    return float(spread**2 / (spread**2 + scatter**2))


def _leans(own: measures.Pairs, usual: Usual, kept: dict[str, float]) -> dict[str, float]:
    leans = {}
    for name, value in measures.leans(own).items():
        kept[name] = _share(float(np.std(usual.leans[name])), LEAN_SPREAD[name])
        leans[name] = float(np.clip(kept[name] * (value - usual.leans[name].mean()), -0.5, 0.5))
    return leans


def _nonverbal(own: measures.Pairs, usual: Usual, kept: dict[str, float]) -> dict[str, float]:
    found, gains = measures.nonverbal_statistics(own), {}
    mean = {name: float(np.sqrt(np.mean(values**2))) for name, values in usual.nonverbal.items()}
    still = {name: float(np.sqrt(np.mean(values**2))) for name, values in usual.without_nods.items()}
    nods, head = _nods_and_head(found, mean, still)
    gains["nods"], gains["head"] = np.log(nods), np.log(head)
    for name in ("gaze", "brows", "blink_time"):
        gains[name] = np.log(max(found[name], 1e-3) / max(mean[name], 1e-3))
    gains["blinks"] = float(np.interp(found["blinks"], usual.blinks, np.log(RATES)))
    for name, gain in gains.items():
        scattered = usual.nonverbal["gestures" if name == "nods" else name]
        scatter = float(np.std(np.log(np.maximum(scattered, 1e-3))))
        kept[name] = _share(scatter * (2 if name == "nods" else 1), NONVERBAL_SPREAD[name])
        if name == "blink_time" and not found["blink_time"]:
            kept[name] = 0.0
        gains[name] = float(np.exp(np.clip(kept[name] * gain, -MOST, MOST)))
    return {name: getattr(PLAIN, name) * gain for name, gain in gains.items()}


def _nods_and_head(found: dict[str, float], mean: dict[str, float], still: dict[str, float]) -> tuple[float, float]:
    """Gains of nods and head: both squares grow with the square of the nods, and all of it with that of the head."""
    quiet, more = still["gestures"] ** 2, max(mean["gestures"] ** 2 - still["gestures"] ** 2, 1e-6)
    drift, nodding = still["head"] ** 2, max(mean["head"] ** 2 - still["head"] ** 2, 0.0)
    ratio = found["gestures"] ** 2 / max(found["head"] ** 2, 1e-6)
    square = (ratio * drift - quiet) / max(more - ratio * nodding, 1e-6)
    nods = float(np.sqrt(np.clip(square, np.exp(-2 * MOST), np.exp(2 * MOST))))
    head = found["head"] / np.sqrt(max(drift + nodding * nods**2, 1e-6))
    return nods, float(np.clip(head, np.exp(-MOST), np.exp(MOST)))


def _tilt(
    own: measures.Pairs, usual: Usual, kept: dict[str, float], recordings: Sequence[Recording]
) -> tuple[float, float, float]:
    """Degrees of pitch (+ up), yaw and roll; none of films, whose camera decides it."""
    if any(recording.filmed for recording in recordings):
        return (0.0, 0.0, 0.0)
    away = measures.pose(own)[1] - usual.tilt.mean(0)
    kept["tilt"] = _share(float(np.std(usual.tilt, axis=0).mean()), TILT_SPREAD)
    pitch, yaw, roll = (round(float(np.clip(kept["tilt"] * angle, -12, 12)), 2) for angle in away)
    return (-pitch + 0.0, yaw, roll)


def _mouth_step(style: Style, recordings: Sequence[Recording], own: measures.Pairs, usual: Usual) -> Style:
    """The style with the four gains of its mouth a step nearer to the measures of the recordings. The slopes are those
    at the default style: in logarithms they hardly change."""
    wanted, now = measures.mouth(own), _mouth(recordings, style)
    unsure = np.array(UNSURE[any(recording.filmed for recording in recordings)])
    unsure = np.where(wanted <= np.log(measures.LEAST), 10.0, unsure)  # nothing there
    logs = np.log([getattr(style, name) / getattr(PLAIN, name) for name in GAINS])
    left = usual.slopes.T @ (usual.slopes / unsure[:, None] ** 2) + np.diag(GAIN_SPREAD**-2.0)
    right = usual.slopes.T @ (np.clip(wanted - now, -1, 1) / unsure**2) - logs / GAIN_SPREAD**2
    logs = np.clip(logs + np.clip(np.linalg.solve(left, right), -0.3, 0.3), -MOST, MOST)
    gains = zip(GAINS, np.exp(logs), strict=True)
    return dataclasses.replace(style, **{name: getattr(PLAIN, name) * float(gain) for name, gain in gains})


def _mouth(recordings: Sequence[Recording], style: Style) -> np.ndarray:
    """Measures of the mouth (8,) in a style; the seed does little there."""
    return measures.mouth(_performed(recordings, style, SEEDS[0]))


def _scaled(style: Style, name: str, by: float) -> Style:
    return dataclasses.replace(style, **{name: getattr(style, name) * float(np.exp(by))})


def _resting(style: Style, recordings: Sequence[Recording], own: measures.Pairs) -> dict[str, float]:
    """What the face never quite lets go of: weights beyond those of the same style without a resting face."""
    bare = dataclasses.replace(style, resting={})
    usual = measures.pose(_performed(recordings, bare, SEEDS[0]))[0]
    beyond = measures.pose(own)[0] - usual
    known = set.intersection(*(set(recording.known) for recording in recordings))
    found = {}
    for name in RESTING:
        indices = columns(name)
        value = float(beyond[indices].mean())
        if value > RESTED and all(channel in known for channel in sides(name)):
            found[name] = round(min(value, MOST_RESTING), 3)
    return found
