# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the face tracker's 468 landmarks lie on the default head: backend/mien/photo/landmarks_on_head.safetensors.

The head is drawn with the faces of all identities, turned several ways, and tracked; each landmark is cast onto the
skin, and the median over the drawings is put onto the nearest triangle. The tracker's rings of the inner lips and of
the lids are where the mesh has its own: the border of lips and mouth, and that of skin and socket.

Run after a change of the head's mesh: python meshes/build_photo_landmarks.py
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.interpolate import RBFInterpolator
from scipy.spatial import KDTree

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "backend"))

from mien.face_tracking.bundle import canonical_face, load_bundle  # noqa: E402
from mien.face_tracking.choice import FaceChoice  # noqa: E402
from mien.face_tracking.follower import FaceFollower  # noqa: E402
from mien.face_tracking.landmark_indices import FACE, INNER_LIPS, LEFT_EYE, RIGHT_EYE  # noqa: E402
from mien.files.safetensors import write_tensors  # noqa: E402
from mien.heads.correspondence import nearest_in_triangles  # noqa: E402
from mien.heads.default import Head, load_head  # noqa: E402
from mien.heads.identity import load_identity, names  # noqa: E402
from mien.photo.head_landmarks import FORMAT, PATH, lid_chain, skin_triangles  # noqa: E402
from mien.preview.scene import Scene  # noqa: E402

SIZE = (768, 768)
TURNS = ((0.0, 0.0), (0.0, 0.22), (0.0, -0.22), (0.12, 0.0), (-0.12, 0.0))  # pitch, yaw
LEAST_FACING = 0.35
OFF = 0.004  # m


def cast(scene: Scene, head: Head, rotation: np.ndarray) -> np.ndarray:
    """(468, 3) where the landmarks of one drawing lie on the resting default head; NaN where they are not seen."""
    posed = head.turned(head.vertices, rotation)
    picture = scene.picture(posed)
    found = FaceFollower(load_bundle(), FaceChoice())(picture, True)
    if found is None:
        return np.full((FACE, 3), np.nan)
    points = found[0][:FACE, :2]
    view = np.asarray(scene._frame(SIZE, (0, 0, 1, 1))["view"])
    clip = np.c_[posed, np.ones(len(posed))] @ view.T
    screen = (clip[:, :2] / clip[:, 3:] * (1, -1) + 1) / 2 * SIZE
    triangles = skin_triangles(head)
    a, b, c = (screen[triangles[:, i]] for i in range(3))
    ab, ac = b - a, c - a
    area = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    depth = (clip[:, 2] / clip[:, 3])[triangles].mean(1)
    size = np.sqrt((ab**2).sum(1) * (ac**2).sum(1))
    rest = load_head().vertices
    out = np.full((FACE, 3), np.nan)
    for i, point in enumerate(points):
        p = point - a
        v = (p[:, 0] * ac[:, 1] - p[:, 1] * ac[:, 0]) / area
        w = (ab[:, 0] * p[:, 1] - ab[:, 1] * p[:, 0]) / area
        hit = np.flatnonzero((v >= 0) & (w >= 0) & (v + w <= 1) & (np.abs(area) > LEAST_FACING * size))
        if len(hit):
            t = hit[depth[hit].argmin()]
            out[i] = np.array([1 - v[t] - w[t], v[t], w[t]]) @ rest[triangles[t]]
    return out


def main() -> None:
    head = load_head()
    casts = []
    for name in (None, *names()):
        face = head if name is None else replace(head, vertices=load_identity(name).head.vertices)
        with Scene(SIZE, face) as scene:
            casts += [cast(scene, face, np.array([*turn, 0.0])) for turn in TURNS]
        print(name or "default", flush=True)
    places = np.nanmedian(np.stack(casts), 0)
    spread = np.nanmedian(np.abs(np.stack(casts) - places), 0)
    print(f"spread (median, mm): {np.nanmedian(spread) * 1000:.2f}; never seen: {np.isnan(places[:, 0]).sum()}")
    places = even(places)
    triangles = skin_triangles(head)
    corners = head.vertices[triangles].astype(float)
    owners, weights = np.zeros((FACE, 3), np.int32), np.zeros((FACE, 3), np.float32)
    for i, place in enumerate(places):
        barycentric = nearest_in_triangles(np.broadcast_to(place, (len(corners), 3)), corners)
        t = np.linalg.norm((barycentric[..., None] * corners).sum(1) - place, axis=1).argmin()
        owners[i], weights[i] = triangles[t], barycentric[t]
    for landmark, vertex in {**lips(head, places), **lids(head, places)}.items():
        owners[landmark], weights[landmark] = vertex, (1, 0, 0)
    PATH.write_bytes(write_tensors({"vertices": owners, "weights": weights}, {"format": FORMAT}))


def even(places: np.ndarray) -> np.ndarray:
    """The places with both halves alike, and those that lie off what their neighbours say put there."""
    canonical = canonical_face().points
    twin = KDTree(canonical).query(canonical * (-1, 1, 1))[1]
    good = np.ones(len(places), bool)
    for _ in range(3):
        smooth = RBFInterpolator(canonical[good], places[good], neighbors=24, smoothing=0.3)(canonical)
        good = np.linalg.norm(places - smooth, axis=1) < OFF
    print(f"off their place: {np.flatnonzero(~good).tolist()}")
    places = np.where(good[:, None], places, smooth)
    return (places + places[twin] * (-1, 1, 1)) / 2


def lips(head: Head, places: np.ndarray) -> dict[int, int]:
    """The vertex of each landmark of the inner lips: of the head's pairs the one at the same share of the width."""
    across = head.vertices[head.inner_lips].mean(1)[:, 0]
    out = {}
    for ring, side in ((INNER_LIPS[:11], 0), (INNER_LIPS[10:], 1)):
        x = places[list(ring), 0]
        x = (x - x.min()) / (x.max() - x.min())  # 0 at the head's right
        wanted = across.min() + x * (across.max() - across.min())
        out |= {
            landmark: int(head.inner_lips[np.abs(across - at).argmin(), side])
            for landmark, at in zip(ring, wanted, strict=True)
        }
    return out


def lids(head: Head, places: np.ndarray) -> dict[int, int]:
    """The vertex of each landmark of the lids' rims, by its share of the eye's width."""
    out = {}
    for side, ring in (("right", RIGHT_EYE), ("left", LEFT_EYE)):
        for upper, part in ((True, ring[:9]), (False, (ring[8], *ring[9:], ring[0]))):
            chain = lid_chain(head, side, upper)
            x, across = places[list(part), 0], head.vertices[chain, 0]
            share = (x - min(x[0], x[-1])) / abs(x[-1] - x[0])
            wanted = across.min() + np.clip(share, 0, 1) * np.ptp(across)
            out |= {mark: int(chain[np.abs(across - at).argmin()]) for mark, at in zip(part, wanted, strict=True)}
    return out


if __name__ == "__main__":
    main()
