# SPDX-License-Identifier: GPL-3.0-or-later
"""How good the pictures of a talking body are: a clip re-enacted from one of its pictures, and a photo in exercise."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from PIL import Image
from scipy.ndimage import binary_dilation

from mien.body_tracking.body import SIDES, BodyTracker, TrackedBody
from mien.body_tracking.hand import PRESENT, HandNetwork
from mien.body_tracking.pose import SHOULDERS, WRISTS
from mien.engines.diffted.key_points import BodyMotion, index, rest_points, rows, still_motion
from mien.engines.diffted.placed_motion import key_points
from mien.engines.diffted.reach import reach_of
from mien.evaluation import EvaluationError
from mien.evaluation.films.dub_pixels import structural_similarity
from mien.evaluation.films.exercise import exercise
from mien.evaluation.films.registration import torso_motion
from mien.face_tracking.bundle import load_bundle
from mien.face_tracking.choice import FaceChoice
from mien.face_tracking.contacts import lip_aperture as seen_aperture
from mien.face_tracking.follower import FaceFollower
from mien.face_tracking.tracker import track_face
from mien.photo.body.body_warp import BodyWarp
from mien.photo.body.options import TalkOptions
from mien.photo.body.talking_body import TalkingBody
from mien.photo.motion import motion_of
from mien.photo.reenactment import Reenactment
from mien.video.footage import Footage, Picture

PERSON = 0.5  # of the mask
CIRCLES = 36  # frames of the exercise of a photo
EDGE = 2  # pixels
AMPLITUDE = 1.0  # shoulder widths that the exercise asks of hands; they go as far as they may
STILL = np.zeros(3), np.zeros(2)

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Reenacted:
    """Of one clip: pictures; PSNR in dB and SSIM in the true person's mask, of a copy of the first picture and of the
    talk, medians; better: share of pictures with a higher PSNR than the copy; moved: mean way of the wrists, shoulder
    widths."""

    clip: str
    pictures: int
    copy_psnr: float
    psnr: float
    copy_ssim: float
    ssim: float
    better: float
    moved: float


@dataclass(frozen=True)
class Exercised:
    """Of one photo, with its hands in circles as wide as they may be: free: which hands those are; rest_mean and
    rest_p99: differences of the layers to the photo at rest, in 255ths; folded: share of the arms' triangles that are
    turned over; outside: the largest change of a pixel that the person neither hides nor hid; found: share of pictures
    in which the tracker sees a free hand again; apart: median distance of its points to where they should be, in palms;
    lips: r of the lip gap of a performance, tracked back; prepare_s: CPU seconds before the first picture; frame_ms:
    CPU milliseconds a picture, all of it."""

    photo: str
    free: tuple[str, ...]
    rest_mean: float
    rest_p99: float
    folded: float
    outside: int
    found: float
    apart: float
    lips: float
    prepare_s: float
    frame_ms: float


def reenact(pictures: Sequence[np.ndarray], name: str, progress: Progress) -> Reenacted:
    """The first of pictures (H, W, 3) uint8 moved by what is tracked in the others. EvaluationError where there is
    nobody in them; what TalkingBody raises."""
    tracker, follower = BodyTracker(), FaceFollower(load_bundle(), FaceChoice())
    opened = TalkingBody(pictures[0], TalkOptions(), name)
    # Every picture is read as a photo is, by many readings: noise of one would be taken for motion.
    first, face = opened.body, follower(pictures[0], True)
    found, ways = [], []
    with opened.animator as animator:
        moved_face = Reenactment(animator)
        for number, true in enumerate(pictures[1:]):
            seen = follower(true, False)
            body = None if seen is None else tracker.still(true, seen[0][:, :2].mean(0))
            progress(number / len(pictures), name)
            if face is None or body is None or seen is None:
                continue
            motion = tracked_motion(first, body, np.zeros(3))
            torso = torso_motion((pictures[0], true), first, body)
            opened.warp.pose(tracked_key_points(opened, first, body, torso))
            landmarks = seen[0].astype(float) + (animator.face.points - face[0])
            drawn = moved_face.picture(without_body(opened.warp, landmarks))
            mask = body.mask > PERSON
            found.append([*_likeness(pictures[0], true, mask), *_likeness(drawn, true, mask)])
            ways.append(float(np.linalg.norm(motion.wrists[0, :, :2], axis=1).mean()))
    if not found:
        raise EvaluationError(f"{name!r} has no two pictures of a person.")
    values = np.array(found)
    copy_psnr, copy_ssim, psnr, ssim = np.median(values, 0)
    better = float((values[:, 2] > values[:, 0]).mean())
    return Reenacted(
        name, len(found), float(copy_psnr), float(psnr), float(copy_ssim), float(ssim), better, float(np.mean(ways))
    )


def tracked_motion(first: TrackedBody, body: TrackedBody, turned: np.ndarray) -> BodyMotion:
    """The motion of one frame that takes a tracked body to another one; turned (3,) of the head."""
    width = first.shoulder_width
    motion = still_motion(turned[None])

    def way(points: tuple[int, ...]) -> np.ndarray:
        return (body.points[list(points), :2] - first.points[list(points), :2]) / width

    shoulders = way(SHOULDERS)
    chest = shoulders.mean(0)
    lines = [np.subtract(*each.points[list(SHOULDERS), :2]) for each in (first, body)]
    angles = [np.arctan2(line[1], line[0]) for line in lines]
    motion.chest[0, :2], motion.roll[0] = chest, angles[1] - angles[0]
    motion.shoulders[0, :, :2] = shoulders
    motion.wrists[0, :, :2] = way(WRISTS) - 0.5 * chest  # the body takes its hands along by half
    for i, side in enumerate(SIDES):
        one, other = first.hands[side], body.hands[side]
        if one is not None and other is not None:
            motion.wrists[0, i, :2] = (other.points[0, :2] - one.points[0, :2]) / width - 0.5 * chest
    return motion


def tracked_key_points(
    opened: TalkingBody, first: TrackedBody, body: TrackedBody, torso: np.ndarray | None = None
) -> np.ndarray:
    """(50, 2) pixels: the key points of the photo that is opened, gone as far as those of a film from its first body
    to another one; arms without a layer as far as their reach lets them. torso (2, 3): how that part of the first
    picture goes, where it is known better than by its joints."""
    rest, ways = rest_points(opened.body), rest_points(body) - rest_points(first)
    if torso is not None:
        places = rest_points(first)[rows("torso")]
        ways[rows("torso")] = places @ torso[:, :2].T + torso[:, 2] - places
    points = key_points(tracked_motion(first, body, np.zeros(3)), opened.body)[0]
    upper = slice(rows("torso").start, rows("torso").start + 3)
    points[upper] = rest[upper] + ways[upper]
    for side, reach in reach_of(opened.body).items():
        if not reach.layered:
            continue
        for part in ("upper_arm", "forearm"):
            points[rows(f"{side}_{part}")] = rest[rows(f"{side}_{part}")] + ways[rows(f"{side}_{part}")]
        hand, wrist = rows(f"{side}_hand"), rows(f"{side}_hand").start
        turn = 1.0 + 0j
        if first.hands[side] is not None and body.hands[side] is not None:
            old, new = (complex(*np.diff(rest_points(each)[[wrist, wrist + 2]], axis=0)[0]) for each in (first, body))
            turn = new / old / max(abs(new / old), 1e-9)
        away = (rest[hand, 0] - rest[wrist, 0] + 1j * (rest[hand, 1] - rest[wrist, 1])) * turn
        points[hand] = rest[wrist] + ways[wrist] + np.stack([away.real, away.imag], 1)
    return points


def without_body(warp: BodyWarp, landmarks: np.ndarray) -> np.ndarray:
    """landmarks (N, 3) pixels as they are before the body takes its head along."""
    corners = warp.carried_head(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    matrix = (corners[1:] - corners[0]).T
    inside = landmarks.copy()
    inside[:, :2] = (landmarks[:, :2] - corners[0]) @ np.linalg.inv(matrix).T
    return inside


def in_exercise(pixels: np.ndarray, name: str, seconds: float, progress: Progress) -> Exercised:
    """The body of pixels (H, W, 3) uint8 in circles, and its face in a performance. What TalkingBody raises."""
    start = time.process_time()
    opened = TalkingBody(pixels, TalkOptions(), name)
    prepared = time.process_time() - start
    body, rest = opened.body, rest_points(opened.body)
    free = tuple(side for side, reach in reach_of(body).items() if reach.layered)
    points = key_points(circles(CIRCLES), body)
    finder = HandNetwork()
    folds = triangles = outside = seen = looked = 0
    apart: list[float] = []
    with opened.animator as animator:
        own = animator.own
        nobody = animator.nobody & np.all([image[..., 3] == 0 for image in opened.warp.images.values()], 0)
        opened.warp.pose(rest + 2 * np.eye(1, 2)[0] * 0.02)  # next to rest: the layers, not the photo itself
        still = np.abs(animator.picture(own, *STILL).astype(int) - pixels)
        spent = 0.0
        for number, each in enumerate(points):
            start = time.process_time()
            opened.warp.pose(each)
            drawn = animator.picture(own, *STILL)
            spent += time.process_time() - start
            turned, all_of_them = opened.warp.folds()
            folds, triangles = folds + turned, triangles + all_of_them
            hidden = binary_dilation(animator.covered(), iterations=EDGE)
            never = nobody & ~np.asarray(hidden, bool)
            outside = max(outside, int(np.abs(drawn[never].astype(int) - pixels[never]).max(initial=0)))
            for side in free:
                looked += 1
                wanted = _hand_goal(body, side, rest, each)
                found = finder.at_pose(drawn, wanted[0], wanted[17], wanted[5])
                if found.presence >= PRESENT:
                    seen += 1
                    hand = body.hands[side]
                    assert hand is not None
                    apart.append(float(np.linalg.norm(found.points[:, :2] - wanted, axis=1).mean() / hand.palm))
            progress(0.5 * number / len(points), name)
        lips = _lips(opened, name, seconds, progress)
    return Exercised(
        photo=name,
        free=free,
        rest_mean=float(still.mean()),
        rest_p99=float(np.percentile(still, 99)),
        folded=folds / max(triangles, 1),
        outside=outside,
        found=seen / looked if looked else float("nan"),
        apart=float(np.median(apart)) if apart else float("nan"),
        lips=lips,
        prepare_s=prepared,
        frame_ms=1000 * spent / len(points),
    )


def circles(frames: int) -> BodyMotion:
    """Both hands in circles, the chest from side to side."""
    motion = still_motion(np.zeros((frames, 3)))
    phase = np.linspace(0, 2 * np.pi, frames, endpoint=False)
    motion.wrists[:, 0, :2] = AMPLITUDE * np.stack([np.sin(phase), np.cos(phase)], 1)
    motion.wrists[:, 1, :2] = AMPLITUDE * np.stack([-np.cos(phase), np.sin(phase)], 1)
    motion.chest[:, 0], motion.roll[:] = 0.05 * np.sin(phase), 0.05 * np.cos(phase)
    return motion


def _lips(opened: TalkingBody, name: str, seconds: float, progress: Progress) -> float:
    """r of the lip gap that a performance asks for and that is tracked in the talk, hands in motion."""
    animator = opened.animator
    take = exercise(seconds, 0)
    take = replace(take, head_rotation=0.5 * take.head_rotation)
    motion = motion_of(take, animator.head, animator.face.own)
    opened.follow(circles(motion.frames))

    def pictures():
        for i in range(motion.frames):
            opened.pose(i)
            yield Picture(i / take.fps, animator.picture(motion.weights[i], motion.head_rotation[i], motion.gaze[i]))
            progress(0.5 + 0.5 * i / motion.frames, name)

    height, width = animator.pixels.shape[:2]
    length = take.frames / take.fps
    track = track_face(Footage(name, width, height, take.fps, length, False, Fraction(0), False, (), pictures))
    gaps = animator.head.lip_aperture(motion.weights, animator.head.channels)
    seen = track.tracked
    return float(np.corrcoef(gaps[seen], seen_aperture(track)[seen])[0, 1])


def _hand_goal(body: TrackedBody, side: str, rest: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(21, 2) pixels: where the points of a hand should be, as its key points go."""
    hand = body.hands[side]
    assert hand is not None
    wrist, knuckle = index(f"{side}_hand", "wrist"), index(f"{side}_hand", "middle_knuckle")
    old, new = (complex(*(each[knuckle] - each[wrist])) for each in (rest, points))
    turned = (hand.points[:, 0] + 1j * hand.points[:, 1] - complex(*rest[wrist])) * new / old + complex(*points[wrist])
    return np.stack([turned.real, turned.imag], 1)


def _likeness(drawn: np.ndarray, true: np.ndarray, mask: np.ndarray) -> tuple[float, float]:
    """(PSNR, SSIM) inside the mask."""
    squares = ((drawn.astype(float) - true)[mask] ** 2).mean()
    down, across = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    window = slice(down[0], down[-1] + 1), slice(across[0], across[-1] + 1)
    # What is not the person is the same in both, and says nothing.
    grey = [np.where(mask, each.astype(float).mean(2), 128.0)[window] for each in (drawn, true)]
    return float(10 * np.log10(255**2 / max(float(squares), 1e-9))), structural_similarity(*grey)


def shrunk(pixels: np.ndarray, side: int) -> np.ndarray:
    """pixels (H, W, 3) with the longer side of `side` at most, both even."""
    height, width = pixels.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = (2 * round(width * scale / 2), 2 * round(height * scale / 2))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))


REENACTED = ("clip", "pictures", "moved", "copy dB", "talk dB", "copy SSIM", "talk SSIM", "better")
EXERCISED = (
    "photo", "free hands", "rest mean", "rest p99", "folded", "outside", "hands found", "apart", "lips r", "prepare",
    "a picture",
)  # fmt: skip


def reenacted_cells(results: Sequence[Reenacted]) -> list[tuple[str, ...]]:
    """Rows of a table under REENACTED."""
    return [
        (
            r.clip, str(r.pictures), f"{r.moved:.2f}", f"{r.copy_psnr:.2f}", f"{r.psnr:.2f}", f"{r.copy_ssim:.3f}",
            f"{r.ssim:.3f}", f"{100 * r.better:.0f} %",
        )
        for r in results
    ]  # fmt: skip


def exercised_cells(results: Sequence[Exercised]) -> list[tuple[str, ...]]:
    """Rows of a table under EXERCISED."""
    return [
        (
            r.photo, ", ".join(r.free) or "none", f"{r.rest_mean:.2f}", f"{r.rest_p99:.0f}", f"{100 * r.folded:.3f} %",
            str(r.outside), f"{100 * r.found:.0f} %" if r.free else "", f"{100 * r.apart:.0f} %" if r.free else "",
            f"{r.lips:.3f}", f"{r.prepare_s:.1f} s", f"{r.frame_ms:.0f} ms",
        )
        for r in results
    ]  # fmt: skip
