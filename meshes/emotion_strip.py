# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw addon/pictures/emotions.jpg: one voice in six emotions by the default engine, each by another identity.

python meshes/emotion_strip.py        (needs mien installed and EGL or another OpenGL)
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from mien.audio.speech import read_speech
from mien.direction import Direction
from mien.heads.identity import load_identity
from mien.preview.scene import Scene
from mien.speak import speak
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
VOICE = ROOT / "tests" / "samples" / "voice" / "sense_and_sensibility.wav"
EMOTIONS = {
    "neutral": "woman_a", "happy": "man_a", "surprised": "woman_c", "angry": "man_b", "sad": "old_woman",
    "disgusted": "man_c",
}  # fmt: skip
AT = 2.0  # s
NEAR = 40  # frames before and after it
JAW = 0.12  # of a mouth that speaks and still shows its emotion
SIDE, SUPERSAMPLING = 280, 2
MARGIN = 0.1  # of the picture cut off at each side


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "addon" / "pictures" / "emotions.jpg")
    parser.add_argument("--at", type=float, default=AT, help=f"seconds of the voice (default: {AT:g})")
    args = parser.parse_args()
    speech = read_speech(VOICE)
    strip = Image.new("RGB", (len(EMOTIONS) * SIDE, SIDE))
    for i, (emotion, name) in enumerate(EMOTIONS.items()):
        identity = load_identity(name)
        take = speak(speech, Direction.from_json({"emotion": emotion, "intensity": "high", "seed": 1}))
        assert take.weights is not None and take.head_rotation is not None
        near = round(args.at * float(take.fps)) + np.arange(-NEAR, NEAR)
        frame = int(near[_unlike_a_still(take.weights[near], take.channels, take.head_rotation[near]).argmin()])
        weights = np.zeros(len(identity.head.channels), np.float32)
        weights[identity.head.order(take.channels)] = take.weights[frame]
        with Scene((SIDE * SUPERSAMPLING, SIDE * SUPERSAMPLING), identity=identity) as scene:
            face = identity.head.pose(weights, take.head_rotation[frame].astype(np.float32))
            picture = Image.fromarray(scene.picture(face, weights))
        cut = round(MARGIN * picture.width)
        picture = picture.crop((cut, cut, picture.width - cut, picture.height - cut))
        strip.paste(picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS), (i * SIDE, 0))
    strip.save(args.out, quality=88, optimize=True)
    print(f"{args.out}: {args.out.stat().st_size} bytes")
    return 0


def _unlike_a_still(weights: np.ndarray, channels: tuple[str, ...], head_rotation: np.ndarray) -> np.ndarray:
    """(T,) how far each frame is from one that a photographer keeps: eyes open, the mouth in speech, towards us."""
    blink, jaw = (
        weights[:, [channels.index(f"{name}{side}") for side in sides]].mean(1)
        for name, sides in (("eyeBlink", ("Left", "Right")), ("jawOpen", ("",)))
    )
    return blink + 4 * abs(jaw - JAW) + np.linalg.norm(head_rotation, axis=1)


if __name__ == "__main__":
    raise SystemExit(main())
