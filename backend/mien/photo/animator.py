# SPDX-License-Identifier: GPL-3.0-or-later
"""MAIN PATH of the room: a photo, and for each frame of a motion the picture of its face doing that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol

import numpy as np

from mien.channels import ARKIT
from mien.face_tracking.choice import FaceChoice
from mien.face_tracking.head_pose import PICTURE_AXES
from mien.heads.default import rotation_matrix
from mien.photo.canvas import AT, CORNERS, OPACITY, POSITION, SECOND, SHARE, TINT, Part, PhotoCanvas, block
from mien.photo.eyes import Eyes
from mien.photo.face_mesh import FaceMesh
from mien.photo.fit import FittedFace, fit_face
from mien.photo.folds.creases import Creases
from mien.photo.folds.smile_folds import Folds
from mien.photo.jaw.cut import cut_at_jaw
from mien.photo.lids.lashes import Lashes
from mien.photo.lids.lid_skin import shut_lids
from mien.photo.light import dark_of, white_of
from mien.photo.matte import Layers, layers_of
from mien.photo.mouth.inside import Mouth
from mien.photo.mouth.lip_line import bare_lips
from mien.photo.mouth.lip_shade import NAME as LIP_SHADE
from mien.photo.mouth.lip_shade import LipShade
from mien.photo.mouth.seen_teeth import seen_teeth
from mien.photo.mouth.teeth import Teeth
from mien.photo.refinement.crop import Moment
from mien.photo.sheet import Sheet
from mien.photo.space_warp import SpaceWarp

STILL = 1e-3  # pixels: less motion than this is none
BACKDROP = np.array([[0, 1, 2], [0, 2, 3]])
PLAIN = np.full((1, 1, 4), 255, np.uint8)
OF_THE_HEAD = (
    "lower face", "face", "eye holes", "mouth hole", "between", "mouth", "tongue", LIP_SHADE, "eyes", "glints",
)  # fmt: skip
ON_THE_SKIN = 6  # the slot of the face, and of what lies on it
INSIDE = 3  # the slot of what the lips and lids open to
GONE = 0.6  # weights of the mouth's channels away from the photo's, at which nothing of its mouth but teeth is left
BEHIND = 1.0  # eye distances: the cavity lies behind all that is drawn in it
ROOM = 2.0  # pixels around what is inside the mouth or an eye, of what hides it


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


@dataclass(frozen=True, eq=False)
class PosedFace:
    """What a picture shows of the face: its vertices at places (V, 3) pixels before the turn (3, 3), shift (3,) pixels
    after it; weights (52,) in the order of the head, the photo's own expression included; gaze (2,) radians from the
    photo's own; tongue (S,) of the head's own shapes of the tongue.

    warp: from the head to the photo, for the inside of the mouth; bare: the photo's pixels warped, and no more.
    """

    places: np.ndarray
    weights: np.ndarray
    turn: np.ndarray
    gaze: np.ndarray
    shift: np.ndarray = field(default_factory=lambda: np.zeros(3))
    warp: SpaceWarp | None = None
    bare: bool = False
    tongue: np.ndarray | None = None


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
        self.face = face or fit_face(self.pixels[..., :3], choice, name)
        self.head = self.face.head
        self.own = self.face.own_weights
        self.pivot = self.face.pose.with_pose((self.head.joint("neck") * PICTURE_AXES)[None])[0]
        self.mesh = FaceMesh(self.face, self.own)
        self._body = body
        self._of_mouth = [i for i, name in enumerate(self.head.channels) if name.startswith(("mouth", "jaw"))]
        self._far = BEHIND * self.face.eye_distance
        images = self._read_person(layers or layers_of(self.pixels, self.face.points)) | self._read_features()
        parts = self._parts()
        if body is not None:
            images |= body.images
            parts |= body.parts
            body.bind(self.sheet.rest[:, :2])
        self._carried = (*OF_THE_HEAD, *self.teeth.parts, *self.lashes.parts)
        self._inside = ("mouth", "tongue", "between", *self.teeth.parts), ("eyes", "glints")
        self._canvas = PhotoCanvas((pixels.shape[1], pixels.shape[0]), images, parts)
        self._blocks = self._blocks_at_rest(parts)

    def _read_person(self, layers: Layers) -> dict[str, np.ndarray]:
        """The images of the person's sheets and of what is behind them."""
        size = self.pixels.shape[1], self.pixels.shape[0]
        self.cut_out, self.nobody = layers.cut, layers.person[..., 3] == 0
        lower_face, person = cut_at_jaw(self.face, layers)
        self.sheet = Sheet(self.face, size, layers.cut, ~self.nobody)
        self.lower_face = Sheet(self.face, size, layers.cut, lower_face[..., 3] > 0, lower_face=True)
        return {"background": layers.background, "person": person, "lower face": lower_face}

    def _read_features(self) -> dict[str, np.ndarray]:
        """The images of the face, and of what it opens."""
        face, colours = self.face, self.pixels[..., :3]
        self.eyes = Eyes(face, self.pixels)
        lids = shut_lids(face, self.pixels)
        self.lashes = Lashes(face, self.mesh, self.pixels, lids, ON_THE_SKIN)
        white = white_of(face, self.pixels)
        seen = seen_teeth(face, self.pixels)
        lips = bare_lips(face, self.pixels) if seen is None else seen.lips
        changed = (lips != colours).any(2)
        lids[changed, :3] = lips[changed]
        self.folds = Folds(face, self.own, self.mesh.rest)
        self.folds.soften(lids)
        self.creases = Creases(face, self.own, self.mesh.rest)
        self.creases.shade(lids)
        size = colours.shape[1], colours.shape[0]
        self.mouth = Mouth(face, white, dark_of(face, self.pixels))
        self.teeth = Teeth(face, size, white, seen, INSIDE)
        self.shows_teeth = seen is not None
        self._lip_shade = LipShade(len(self.mesh.between) // 2, size, face.eye_distance, self.mesh.down, INSIDE + 1)
        full = np.full((*colours.shape[:2], 1), 255, np.uint8)
        return {
            "photo": np.concatenate([lips, full], 2),
            "eyes": self.eyes.open_eyes,
            "glints": self.eyes.glints,
            "lids": lids,
            **self.lashes.images,
            "plain": PLAIN,
            "inside": np.concatenate([colours if seen is None else seen.inside, full], 2),
            **self.teeth.images,
            LIP_SHADE: self._lip_shade.image,
        }

    def _parts(self) -> dict[str, Part]:
        """All that is drawn, in its order."""
        mesh, shows_teeth = self.mesh, self.shows_teeth
        between = Part(len(mesh.between), mesh.between_triangles, INSIDE + (not shows_teeth), "inside", "lower face")
        return {
            "background": Part(4, BACKDROP, 0, "background", soft=True),
            "person": Part(len(self.sheet.rest), self.sheet.triangles, 1, "person"),
            "lower face": Part(len(self.lower_face.rest), self.lower_face.triangles, 2, "lower face"),
            "shutter": Part(8, np.concatenate([BACKDROP, BACKDROP + 4]), 5, "plain"),
            "mouth hole": Part(len(mesh.between), mesh.between_triangles, 2, "plain", opens=True),
            "eye holes": Part(len(mesh.rims), mesh.rim_triangles, 2, "eyes", "lids", opens=True),
            "mouth": Part(self.mouth.count, self.mouth.cavity, INSIDE, "plain"),
            # Teeth of the photo stand before what else it shows in its mouth, in its own shade; drawn ones come behind.
            **({"between": between} if shows_teeth else {}),
            "tongue": Part(self.mouth.count, self.mouth.tongue, INSIDE, "plain"),
            **self.teeth.parts,
            **({} if shows_teeth else {LIP_SHADE: self._lip_shade.part, "between": between}),
            "eyes": Part(len(self.eyes.rest), self.eyes.triangles, INSIDE, "eyes"),
            "glints": Part(len(self.eyes.rest), self.eyes.triangles, INSIDE, "glints"),
            "face": Part(len(mesh.which), mesh.triangles, ON_THE_SKIN, "photo", "lids"),
            **self.lashes.parts,
        }

    def _blocks_at_rest(self, parts: Mapping[str, Part]) -> dict[str, np.ndarray]:
        """The vertices of each part, with what no motion changes of them."""
        blocks = {name: block(part.count) for name, part in parts.items()}
        mesh, (height, width) = self.mesh, self.pixels.shape[:2]
        blocks["background"][:, :2] = blocks["background"][:, AT] = CORNERS * [width, height]
        blocks["person"][:, AT] = self.sheet.seen_at
        blocks["lower face"][:, AT] = self.lower_face.seen_at
        blocks["between"][:, AT] = blocks["between"][:, SECOND] = mesh.rest[mesh.between, :2]
        blocks["mouth hole"][:, TINT] = self.mouth.hole
        blocks["shutter"][:, OPACITY] = 0
        blocks["face"][:, AT], blocks["face"][:, OPACITY] = mesh.rest[:, :2], mesh.opacity
        blocks["eye holes"][:, AT] = mesh.rest[mesh.rims, :2]
        return blocks

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

    def pictures(self, motion: Iterable[tuple[np.ndarray, ...]]) -> Iterator[np.ndarray]:
        """`picture` of each weights, head_rotation, gaze and tongue; one is refined while the next is drawn."""
        with ThreadPoolExecutor(1) as pool:
            last = None
            for weights, head_rotation, gaze, tongue in motion:
                drawn = self._drawn(self._posed(weights, head_rotation, gaze, tongue))
                finished = pool.submit(self._finished, *drawn)
                if last is not None:
                    yield last.result()
                last = finished
            if last is not None:
                yield last.result()

    def picture(
        self, weights: np.ndarray, head_rotation: np.ndarray, gaze: np.ndarray, tongue: np.ndarray | None = None
    ) -> np.ndarray:
        """(H, W, 3), or (H, W, 4) of a photo with alpha, uint8. weights (52,) in the order of the head, the photo's own
        expression included; head_rotation (3,), gaze (2,) radians from the photo's own; tongue (S,) of the
        head's own shapes of the tongue."""
        return self.picture_of(self._posed(weights, head_rotation, gaze, tongue))

    def picture_of(self, posed: PosedFace) -> np.ndarray:
        """The same of a face that was posed otherwise."""
        return self._finished(*self._drawn(posed))

    def _posed(
        self, weights: np.ndarray, head_rotation: np.ndarray, gaze: np.ndarray, tongue: np.ndarray | None
    ) -> PosedFace:
        return PosedFace(self.mesh.at(weights), weights, self.turn(head_rotation), gaze, tongue=tongue)

    def _drawn(self, posed: PosedFace) -> tuple[np.ndarray, Moment | None]:
        """(H, W, 4) uint8 as drawn, with premultiplied alpha, and what the face does where it is to be refined. Where
        nothing moves, the photo."""

        def turned(points: np.ndarray) -> np.ndarray:
            return (points - self.pivot) @ posed.turn.T + self.pivot + posed.shift

        moved = turned(posed.places)
        resting = self._body is None or self._body.still
        if resting and np.abs(moved[:, :2] - self.mesh.rest[:, :2]).max() < STILL and not np.any(posed.gaze):
            return self.pixels, None
        self._place_person(posed)
        self._place_face(posed, moved)
        self._place_mouth(posed, moved, turned)
        self._place_lashes(posed, turned)
        self._place_eyes(posed, moved, turned)
        self._carry()
        drawn = self._canvas.draw(self._blocks)
        if self.refine is None or posed.bare:
            return drawn, None
        beyond = (posed.weights - self.own)[self.head.order(ARKIT)]
        return drawn, Moment(self.mesh.landmarks(self._blocks["face"][:, POSITION]), beyond, posed.turn, posed.gaze)

    def _place_person(self, posed: PosedFace) -> None:
        motion = self.mesh.landmarks(posed.places) - self.mesh.rest_landmarks
        for name, sheet in (("person", self.sheet), ("lower face", self.lower_face)):
            # Without a body the whole person is shifted; a body carries its person itself, and the head alone is.
            shift = posed.shift if self._body is None else np.zeros(3)
            moved = sheet.moved(motion, posed.turn, self.pivot, shift)
            self._blocks[name][:, POSITION] = moved + sheet.share[:, None] * (posed.shift - shift)

    def _place_face(self, posed: PosedFace, moved: np.ndarray) -> None:
        mesh, face, places, weights, bare = self.mesh, self._blocks["face"], posed.places, posed.weights, posed.bare
        face[:, POSITION] = moved
        lids = mesh.lid_share(places)
        folds = np.maximum(self.folds.share(weights), self.creases.share(weights))
        # A lid is painted where it shuts, a fold where the fold is.
        face[:, SECOND] = np.where((folds > lids)[:, None], mesh.rest[:, :2], places[:, :2])
        face[:, SHARE] = 0 if bare else np.maximum(lids, folds)
        face[:, TINT] = 1 if bare else mesh.shade(places)

    def _place_mouth(self, posed: PosedFace, moved: np.ndarray, turned: Callable[[np.ndarray], np.ndarray]) -> None:
        mesh, blocks, places, weights, bare = self.mesh, self._blocks, posed.places, posed.weights, posed.bare
        blocks["mouth hole"][:, POSITION] = blocks["between"][:, POSITION] = moved[mesh.between]
        if self.shows_teeth:
            blocks["between"][:, POSITION] += np.array([0.0, 0.0, 0.5 * self._far], np.float32)
        inside, colours = self.mouth.at(weights, posed.warp, posed.tongue)
        for name, depth in (("tongue", 0.0), ("mouth", self._far)):
            blocks[name][:, POSITION] = turned(inside) + [0.0, 0.0, depth]
            blocks[name][:, TINT] = colours
        shown = 1.0 if bare else mesh.between_opacity(places)
        if self.shows_teeth and not bare:
            shown *= 1 - float(np.clip(np.abs(weights - self.own)[self._of_mouth].sum() / GONE, 0, 1))
        blocks["between"][:, OPACITY] = shown
        skull = 0.0 if posed.warp is None else mesh.skull_motion(places, mesh.at(weights))
        teeth = self.teeth.place(weights, self.mouth.filled(weights), 1 - shown, mesh.parted(places))
        for name, values in teeth.items():
            blocks[name] = values
            values[:, POSITION] = turned(values[:, POSITION] + skull)
        blocks[LIP_SHADE] = self._lip_shade.place(moved[mesh.between[::2]], 0.0 if bare else mesh.parted(places))

    def _place_lashes(self, posed: PosedFace, turned: Callable[[np.ndarray], np.ndarray]) -> None:
        for name, values in self.lashes.place(posed.places).items():
            self._blocks[name] = values
            values[:, POSITION] = turned(values[:, POSITION])
            if posed.bare:
                values[:, OPACITY] = 0

    def _place_eyes(self, posed: PosedFace, moved: np.ndarray, turned: Callable[[np.ndarray], np.ndarray]) -> None:
        mesh, holes, eyes = self.mesh, self._blocks["eye holes"], self._blocks["eyes"]
        places, bare = posed.places, posed.bare
        # Of the holes the left one is the first, of the eyes the right one.
        left, right = np.zeros(2) if bare else mesh.shut(places)
        half = len(mesh.rims) // 2
        holes[:, POSITION], holes[:, SECOND] = moved[mesh.rims], places[mesh.rims, :2]
        holes[:half, SHARE], holes[half:, SHARE] = left, right
        half = len(self.eyes.rest) // 2
        carried = np.repeat(mesh.eye_motion(places)[::-1], half, 0)
        eyes[:, POSITION] = turned(self.eyes.rest + carried)
        eyes[:half, OPACITY], eyes[half:, OPACITY] = 1 - right, 1 - left
        left, right = np.ones(2) if bare else mesh.lid_shadow(places)
        eyes[:half, TINT], eyes[half:, TINT] = right, left
        self._blocks["glints"][:] = eyes
        eyes[:, AT], self._blocks["glints"][:, AT] = self.eyes.pixels_at(posed.gaze)

    def _carry(self) -> None:
        """What the body carries, and the shutter: nothing of mouth and eyes is seen but through their holes."""
        blocks = self._blocks
        if self._body is not None:
            blocks["person"][:, :2] = self._body.carried(blocks["person"][:, :2])
            for name in self._carried:
                blocks[name][:, :2] = self._body.carried_head(blocks[name][:, :2])
            blocks |= self._body.blocks()
        for number, names in enumerate(self._inside):
            places = np.concatenate([blocks[name][:, :2] for name in names])
            low, high = places.min(0) - ROOM, places.max(0) + ROOM
            blocks["shutter"][4 * number : 4 * number + 4, :2] = low + CORNERS * (high - low)

    def _finished(self, drawn: np.ndarray, moment: Moment | None) -> np.ndarray:
        """The picture of what was drawn: refined, and as the photo is, with straight alpha or none."""
        if drawn is self.pixels:
            return drawn
        if self.refine is not None and moment is not None:
            drawn = self.refine(drawn, moment)
        if self.pixels.shape[2] == 3:
            return np.ascontiguousarray(drawn[..., :3])
        alpha = np.maximum(drawn[..., 3:], 1).astype(np.float32)
        colour = np.minimum(drawn[..., :3] * (255 / alpha) + 0.5, 255).astype(np.uint8)
        return np.concatenate([colour, drawn[..., 3:]], 2)
