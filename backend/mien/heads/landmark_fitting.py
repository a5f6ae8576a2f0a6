# SPDX-License-Identifier: GPL-3.0-or-later
"""The channels that move a head's landmarks as a landmark track moves: the head's landmark Jacobian, solved in 0..1.

A head's landmarks are linear in its channels, so the Jacobian is one matrix (C, 204), and the weights of the least
squared distance are found exactly (`numeric/bounded_least_squares.py`). Points that no weights can reach say how far
the track is from a face of this head; so far a weight is drawn to its prior, which is rest, and where the eyes look.
Exact landmarks give exact weights, and noisy ones do not raise a cheek that hardly moves a landmark.
"""

from __future__ import annotations

import numpy as np

from mien.channels import ARKIT
from mien.eye_look import eye_look
from mien.heads.default import Head, load_head
from mien.heads.identity import load_identity, names
from mien.heads.landmark_track import LandmarkTrack, eye_distance, rest_of
from mien.heads.lip_aperture import CLOSED, LEAST_APERTURE, lip_aperture
from mien.numeric.bounded_least_squares import solve
from mien.numeric.mask_runs import runs
from mien.take import Take

# Parts of the eye distance between the inner lips' middle landmarks: up to this the lips are closed. On takes of three
# engines it is .5 to .84 % where the aperture is CLOSED, and at least 1.3 % from an aperture of 0.5 mm on.
CLOSED_GAP = 0.01
SPREAD = 0.5  # standard deviation of a weight, for the prior
CHANGE = 0.2  # standard deviation of a weight's change in 1/25 s
RATE = 25.0
LEAST_NOISE = 1e-5  # m: keeps the system definite (tongueOut moves no landmark) and well conditioned


def fit_channels(track: LandmarkTrack, head: Head | None = None) -> np.ndarray:
    """(F, 52) float32 weights in 0..1, in the order of ARKIT, of `head`: its landmarks then move from their rest as the
    track's move from theirs, scaled by the heads' eye distances. None: the head of the identity that the track names,
    or the default one; weights are the same for all of these heads.

    Frames whose lips are closed (CLOSED_GAP) have an aperture of CLOSED on the default head; in none do the lips cross.
    """
    head = head or _head_of(track)
    basis = head.deltas[head.order(ARKIT)][:, head.landmarks].astype(float).reshape(len(ARKIT), -1)
    scale = eye_distance(rest_of(head)) / track.eye_distance
    motion = (track.points - track.rest).astype(float).reshape(track.frames, -1) * scale / 1000
    noise = max(_noise(motion, basis), LEAST_NOISE)
    ridge, smooth = (noise / SPREAD) ** 2, (noise / CHANGE) ** 2 * float(track.fps) / RATE
    prior = np.zeros((track.frames, len(ARKIT))) if track.gaze is None else eye_look(track.gaze)
    weights = solve(basis @ basis.T + ridge * np.eye(len(basis)), motion @ basis.T + ridge * prior, smooth)
    lips = lip_aperture()
    closed = closed_frames(track)
    narrowed = weights[closed]
    lips.narrow(narrowed, np.full(len(narrowed), CLOSED))
    weights[closed] = narrowed
    lips.widen(weights, LEAST_APERTURE)
    return np.clip(weights, 0, 1).astype(np.float32)


def fit_take(track: LandmarkTrack, head: Head | None = None) -> Take:
    """The track as a take of the 52 channels, as any engine makes one: `fit_channels`, with the track's head rotation,
    gaze and metadata; every run of frames with closed lips is one of `mouth_holds`."""
    times = track.times
    holds = [(times[begin], times[end - 1]) for begin, end in runs(closed_frames(track))]
    return Take(
        fps=track.fps,
        duration=track.duration,
        start=track.start,
        channels=ARKIT,
        weights=fit_channels(track, head),
        head_rotation=track.head,
        gaze=track.gaze,
        mouth_holds=np.array(holds, np.float32).reshape(-1, 2) if holds else None,
        meta={**track.info, **load_head().take_meta},
    )


def closed_frames(track: LandmarkTrack) -> np.ndarray:
    """(F,) bool: the frames in which the lips are closed."""
    return track.lip_gap[:, 1] <= CLOSED_GAP


def _head_of(track: LandmarkTrack) -> Head:
    identity = track.info.get("identity", "")
    return load_identity(identity).head if identity in names() else load_head()


def _noise(motion: np.ndarray, basis: np.ndarray) -> float:
    """Standard deviation, in metres, of a coordinate of motion (F, 204) from what any weights of basis (C, 204) reach:
    the residual of free least squares over the coordinates that it leaves."""
    _, singular, directions = np.linalg.svd(basis, full_matrices=False)
    directions = directions[singular > 1e-6 * singular[0]]
    residual = motion - motion @ directions.T @ directions
    free = motion.shape[1] - len(directions)
    return float(np.sqrt((residual**2).sum() / (len(motion) * free)))
