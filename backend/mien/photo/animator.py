# SPDX-License-Identifier: GPL-3.0-or-later
"""MAIN PATH of the room: a photo, and for each frame of a motion the picture of its face doing that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Protocol

import numpy as np

from mien.channels import ARKIT
from mien.face_tracking.choice import FaceChoice
from mien.face_tracking.head_pose import PICTURE_AXES
from mien.heads.default import rotation_matrix
from mien.photo.canvas import AT, OPACITY, POSITION, SECOND, SHARE, TINT, Part, PhotoCanvas, block
from mien.photo.eyes import Eyes
from mien.photo.face_mesh import FaceMesh
from mien.photo.fit import FittedFace, fit_face
from mien.photo.folds.creases import Creases
from mien.photo.folds.smile_folds import Folds
from mien.photo.jaw import cut_at_jaw
from mien.photo.lids.lashes import Lashes
from mien.photo.lids.lid_skin import shut_lids
from mien.photo.light import dark_of, white_of
from mien.photo.matte import Layers, layers_of
from mien.photo.mouth.inside import Mouth
from mien.photo.mouth.lip_line import bare_lips
from mien.photo.mouth.seen_teeth import seen_teeth
from mien.photo.mouth.teeth import Teeth
from mien.photo.refinement.crop import Moment
from mien.photo.sheet import Sheet
from mien.photo.space_warp import SpaceWarp

STILL = 1e-3  # pixels: less motion than this is none
BACKDROP = np.array([[0, 1, 2], [0, 2, 3]])
PLAIN = np.full((1, 1, 4), 255, np.uint8)
OF_THE_HEAD = ("lower face", "face", "eye holes", "mouth hole", "between", "mouth", "tongue", "eyes", "glints")
ON_THE_SKIN = 6  # the slot of the face, and of what lies on it
INSIDE = 3  # the slot of what the lips and lids open to
GONE = 0.6  # weights of the mouth's channels away from the photo's, at which nothing of its mouth but teeth is left
BEHIND = 1.0  # eye distances: the cavity lies behind all that is drawn in it


class MovingBody(Protocol):
    """What carries the head: a body that moves with parts of its own, drawn over the person."""

    images: Mapping[str, np.ndarray]
    parts: Mapping[str, Part]

    @property
    def still(self) -> bool:
        """Whether it is where it is in the photo."""
        ...

    def bind(self, places: np.ndarray) -> None:
        """Vertices at places (N, 2) pixels are to be carried from now on."""
        ...

    def carried(self, positions: np.ndarray) -> np.ndarray:
        """(N, 2) pixels where the bound vertices, now at positions (N, 2), are taken."""
        ...

    def carried_head(self, positions: np.ndarray) -> np.ndarray:
        """(M, 2) pixels for vertices of the head at positions (M, 2)."""
        ...

    def blocks(self) -> dict[str, np.ndarray]:
        """The vertices of its parts."""
        ...


class Animator:
    """Draws the face of a photo as a motion has it. Close it, or use it in a `with`; one thread only.

    pixels: (H, W, 3 or 4) uint8 sRGB. PortraitError where there is no face to move; VideoError, OpenGLMissing where
    nothing can be drawn. layers: the person and what is behind, where they are known; body: moves the person's rest.
    """

    def __init__(self, pixels: np.ndarray, choice: FaceChoice | None = None, name: str = "photo",
                 face: FittedFace | None = None, layers: Layers | None = None,
                 body: MovingBody | None = None) -> None:  # fmt: skip
        self.pixels = np.ascontiguousarray(pixels)
        self.refine: Callable[[np.ndarray, Moment], np.ndarray] | None = None  # the drawn picture, at the end
        colours = self.pixels[..., :3]
        self.face = face or fit_face(colours, choice, name)
        self.head = self.face.head
        height, width = pixels.shape[:2]
        layers = layers or layers_of(self.pixels, self.face.points)
        self._body = body
        self.cut_out = layers.cut
        self.nobody = layers.person[..., 3] == 0
        self.own = self.face.own_weights
        self.mesh = FaceMesh(self.face, self.own)
        lower_face, person = cut_at_jaw(self.face, layers.person)
        self.sheet = Sheet(self.face, (width, height), layers.cut, ~self.nobody)
        self.lower_face = Sheet(self.face, (width, height), layers.cut, lower_face[..., 3] > 0, lower_face=True)
        self.eyes = Eyes(self.face, self.pixels)
        lids = shut_lids(self.face, self.pixels)
        self.lashes = Lashes(self.face, self.mesh, self.pixels, lids, ON_THE_SKIN)
        white = white_of(self.face, self.pixels)
        seen = seen_teeth(self.face, self.pixels)
        lips = bare_lips(self.face, self.pixels) if seen is None else seen.lips
        changed = (lips != colours).any(2)
        lids[changed, :3] = lips[changed]
        self.folds = Folds(self.face, self.own, self.mesh.rest)
        self.folds.soften(lids)
        self.creases = Creases(self.face, self.own, self.mesh.rest)
        self.creases.shade(lids)
        self.mouth = Mouth(self.face, white, dark_of(self.face, self.pixels))
        self.teeth = Teeth(self.face, (width, height), white, seen, INSIDE)
        self.shows_teeth = seen is not None
        self._of_mouth = [i for i, name in enumerate(self.head.channels) if name.startswith(("mouth", "jaw"))]
        self._far = BEHIND * self.face.eye_distance
        full = np.full((height, width, 1), 255, np.uint8)
        opaque = np.concatenate([lips, full], 2)
        images = {
            "background": layers.background,
            "person": person,
            "lower face": lower_face,
            "photo": opaque,
            "eyes": self.eyes.open_eyes,
            "glints": self.eyes.glints,
            "lids": lids,
            **self.lashes.images,
            "plain": PLAIN,
            "inside": np.concatenate([colours if seen is None else seen.inside, full], 2),
            **self.teeth.images,
        }
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        between = Part(len(self.mesh.between), self.mesh.between_triangles, INSIDE + (seen is None),
                       "inside", "lower face")  # fmt: skip
        parts = {
            "background": Part(4, BACKDROP, 0, "background", soft=True),
            "person": Part(len(self.sheet.rest), self.sheet.triangles, 1, "person", soft=True),
            "lower face": Part(len(self.lower_face.rest), self.lower_face.triangles, 2, "lower face", soft=True),
            "shutter": Part(4, BACKDROP, 5, "plain"),
            "mouth hole": Part(len(self.mesh.between), self.mesh.between_triangles, 2, "plain", opens=True),
            "eye holes": Part(len(self.mesh.rims), self.mesh.rim_triangles, 2, "eyes", "lids", opens=True),
            "mouth": Part(self.mouth.count, self.mouth.cavity, INSIDE, "plain"),
            # Teeth of the photo stand before what else it shows in its mouth; drawn ones come behind that.
            **({"between": between} if seen is not None else {}),
            "tongue": Part(self.mouth.count, self.mouth.tongue, INSIDE, "plain"),
            **self.teeth.parts,
            **({} if seen is not None else {"between": between}),
            "eyes": Part(len(self.eyes.rest), self.eyes.triangles, INSIDE, "eyes"),
            "glints": Part(len(self.eyes.rest), self.eyes.triangles, INSIDE, "glints"),
            "face": Part(len(self.mesh.which), self.mesh.triangles, ON_THE_SKIN, "photo", "lids"),
            **self.lashes.parts,
        }
        if body is not None:
            images |= body.images
            parts |= body.parts
            body.bind(self.sheet.rest[:, :2])
        self._carried = (*OF_THE_HEAD, *self.teeth.parts, *self.lashes.parts)
        self._canvas = PhotoCanvas((width, height), images, parts)
        self._blocks = {name: block(part.count) for name, part in parts.items()}
        self._blocks["background"][:, :2] = self._blocks["background"][:, AT] = corners
        self._blocks["person"][:, AT] = self.sheet.seen_at
        self._blocks["lower face"][:, AT] = self.lower_face.seen_at
        between_block = self._blocks["between"]
        between_block[:, AT] = between_block[:, SECOND] = self.mesh.rest[self.mesh.between, :2]
        self._blocks["mouth hole"][:, TINT] = self.mouth.hole
        # Nothing of mouth and eyes is seen but through their holes.
        self._blocks["shutter"][:, :2], self._blocks["shutter"][:, OPACITY] = corners, 0
        face_block = self._blocks["face"]
        face_block[:, AT], face_block[:, OPACITY] = self.mesh.rest[:, :2], self.mesh.opacity
        self.pivot = self.face.pose.with_pose((self.head.joint("neck") * PICTURE_AXES)[None])[0]

    def __enter__(self) -> Animator:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._canvas.close()

    def covered(self) -> np.ndarray:
        """(H, W) bool: where the person, as last drawn, hides anything of the background."""
        background = self._blocks["background"]
        background[:, OPACITY] = 0
        alpha = self._canvas.draw(self._blocks)[..., 3]
        background[:, OPACITY] = 1
        return alpha > 0

    def turn(self, head_rotation: np.ndarray) -> np.ndarray:
        """(3, 3) in the picture's axes for head_rotation (3,), which is relative to the photo's own pose."""
        own = self.face.pose.turn
        axes = PICTURE_AXES[:, None] * PICTURE_AXES
        return own @ (rotation_matrix(head_rotation) * axes) @ own.T

    def picture(
        self, weights: np.ndarray, head_rotation: np.ndarray, gaze: np.ndarray, tongue: np.ndarray | None = None
    ) -> np.ndarray:
        """(H, W, 3), or (H, W, 4) of a photo with alpha, uint8. weights (52,) in the order of the head, the photo's own
        expression included; head_rotation (3,), gaze (2,) radians from the photo's own; tongue (S,) of the
        head's own shapes of the tongue."""
        return self.picture_of_points(self.mesh.at(weights), weights, self.turn(head_rotation), gaze, tongue=tongue)

    def picture_of_points(
        self,
        places: np.ndarray,
        weights: np.ndarray,
        turn: np.ndarray,
        gaze: np.ndarray,
        shift: np.ndarray | None = None,
        warp: SpaceWarp | None = None,
        bare: bool = False,
        tongue: np.ndarray | None = None,
    ) -> np.ndarray:
        """The same for the face's vertices at places (V, 3) pixels before the turn (3, 3); shift (3,) pixels after.
        warp: from the head to the photo, for the inside of the mouth; bare: the photo's pixels warped, and no more."""
        shift = np.zeros(3) if shift is None else shift
        mesh, pivot = self.mesh, self.pivot

        def turned(points: np.ndarray) -> np.ndarray:
            return (points - pivot) @ turn.T + pivot + shift

        moved = turned(places)
        resting = self._body is None or self._body.still
        if resting and np.abs(moved[:, :2] - mesh.rest[:, :2]).max() < STILL and not np.any(gaze):
            return self.pixels
        blocks = self._blocks
        landmarks = mesh.landmarks(places)
        motion = landmarks - mesh.rest_landmarks
        blocks["person"][:, POSITION] = self.sheet.moved(motion, turn, pivot, shift)
        blocks["lower face"][:, POSITION] = self.lower_face.moved(motion, turn, pivot, shift)
        blocks["face"][:, POSITION] = moved
        lids = mesh.lid_share(places)
        folds = np.maximum(self.folds.share(weights), self.creases.share(weights))
        # A lid is painted where it shuts, a fold where the fold is.
        blocks["face"][:, SECOND] = np.where((folds > lids)[:, None], mesh.rest[:, :2], places[:, :2])
        blocks["face"][:, SHARE] = 0 if bare else np.maximum(lids, folds)
        blocks["face"][:, TINT] = 1 if bare else mesh.shade(places)
        inside, colours = self.mouth.at(weights, warp, tongue)
        inside = turned(inside)
        blocks["tongue"][:, POSITION], blocks["tongue"][:, TINT] = inside, colours
        far = [0.0, 0.0, self._far]
        blocks["mouth"][:, POSITION], blocks["mouth"][:, TINT] = inside + far, colours
        shown = 1.0 if bare else mesh.between_opacity(places)
        if self.shows_teeth and not bare:
            shown *= 1 - float(np.clip(np.abs(weights - self.own)[self._of_mouth].sum() / GONE, 0, 1))
        blocks["between"][:, OPACITY] = shown
        skull = 0.0 if warp is None else mesh.skull_motion(places, mesh.at(weights))
        for name, values in self.teeth.place(
            weights, self.mouth.filled(weights), 1 - shown, mesh.parted(places)
        ).items():
            blocks[name] = values
            values[:, POSITION] = turned(values[:, POSITION] + skull)
        for name, values in self.lashes.place(places).items():
            blocks[name] = values
            values[:, POSITION] = turned(values[:, POSITION])
            if bare:
                values[:, OPACITY] = 0
        blocks["eye holes"][:, POSITION] = moved[mesh.rims]
        blocks["eye holes"][:, AT] = mesh.rest[mesh.rims, :2]
        blocks["mouth hole"][:, POSITION] = blocks["between"][:, POSITION] = moved[mesh.between]
        if self.shows_teeth:
            blocks["between"][:, POSITION] += np.array([0.0, 0.0, 0.5 * self._far], np.float32)
        # The right eye is the first of these.
        carried = np.repeat(mesh.eye_motion(places)[::-1], len(self.eyes.rest) // 2, 0)
        blocks["eyes"][:, POSITION] = turned(self.eyes.rest + carried)
        left, right = np.zeros(2) if bare else mesh.shut(places)
        half = len(mesh.rims) // 2
        blocks["eye holes"][:half, SHARE], blocks["eye holes"][half:, SHARE] = left, right
        blocks["eye holes"][:, SECOND] = places[mesh.rims, :2]
        half = len(self.eyes.rest) // 2
        blocks["eyes"][:half, OPACITY], blocks["eyes"][half:, OPACITY] = 1 - right, 1 - left
        left, right = np.ones(2) if bare else mesh.lid_shadow(places)
        blocks["eyes"][:half, TINT], blocks["eyes"][half:, TINT] = right, left
        blocks["glints"][:] = blocks["eyes"]
        blocks["eyes"][:, AT], blocks["glints"][:, AT] = self.eyes.pixels_at(gaze)
        if self._body is not None:
            blocks["person"][:, :2] = self._body.carried(blocks["person"][:, :2])
            for name in self._carried:
                blocks[name][:, :2] = self._body.carried_head(blocks[name][:, :2])
            blocks |= self._body.blocks()
        drawn = self._canvas.draw(blocks)
        if self.refine is not None and not bare:
            beyond = (weights - self.own)[self.head.order(ARKIT)]
            drawn = self.refine(drawn, Moment(mesh.landmarks(blocks["face"][:, POSITION]), beyond, turn, gaze))
        if self.pixels.shape[2] == 3:
            return np.ascontiguousarray(drawn[..., :3])
        alpha = np.maximum(drawn[..., 3:], 1).astype(np.float32)
        colour = np.minimum(drawn[..., :3] * (255 / alpha) + 0.5, 255).astype(np.uint8)
        return np.concatenate([colour, drawn[..., 3:]], 2)
