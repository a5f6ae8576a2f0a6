# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures and sound into one mp4: H.264 at an exact rate, AAC at 48 kHz, in step from the first frame to the last.

Both streams are encoded side by side, so the memory used does not grow with the length. The film is written
beside its place under another name and moved there when it is whole: a failure or a cancel leaves nothing behind.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.container
import av.error
import numpy as np
import soxr

from mien.files.atomic import atomic_path
from mien.video import VideoError

SOUND_RATE = 48000  # what every player and editor takes without resampling again
SOUND_BITS = 128_000  # bits per second; speech in mono is transparent well below
AAC_FRAME = 1024  # samples in one AAC frame
PICTURE_CRF = 18  # x264's constant quality; 18 shows no blocks on skin
# Keyframes twice a second or so keep scrubbing quick in a player and in Blender's sequencer.
KEYFRAME_SECONDS = Fraction(1, 2)
BT709 = 1  # primaries, transfer and matrix have the same number in ISO/IEC 23091-2


def write_film(
    path: Path,
    pictures: Iterable[np.ndarray],
    fps: Fraction,
    samples: np.ndarray | None = None,
    rate: int = 16000,
    name: str = "",
) -> None:
    """Writes `pictures` with `samples` under them to the mp4 at `path`, replacing what stood there.

    pictures: (H, W, 3) uint8 sRGB each, H and W even and the same for all; drawn one at a time.
    fps: pictures per second, exact; picture i is shown from i / fps to (i + 1) / fps.
    samples: (N,) float32 mono in [-1, 1] at `rate` Hz; sample 0 sounds with picture 0. None or empty: no sound track.
    name: of the film in messages, where `path` is a temporary file.

    The AAC encoder starts with 1,024 samples of its own ("priming"). They carry negative times and an edit list
    hides them, so the sound is neither late nor longer than it was.

    Raises VideoError in words; whatever `pictures` raises (a cancel, say) passes through. Either way `path` is
    as it was before.
    """
    path = Path(path)
    if fps <= 0:
        raise VideoError(f"A film needs a frame rate above zero; {fps} was asked for.")
    if path.suffix.lower() != ".mp4":
        raise VideoError(f"The film is an mp4, but {path.name!r} does not end in .mp4: give it that ending.")
    if not path.parent.is_dir():
        raise VideoError(f"The folder {str(path.parent)!r} for the film does not exist: make it first.")
    pictures = iter(pictures)
    first = next(pictures, None)
    if first is None:
        raise VideoError("A film needs at least one picture and none was given.")
    drawing: list[BaseException] = []
    try:
        with atomic_path(path) as part:
            _encode(part, first, _watched(pictures, drawing), Fraction(fps), samples, rate)
    except (OSError, av.error.FFmpegError) as error:
        if any(error is raised for raised in drawing):
            raise
        raise VideoError(f"The film {name or path.name!r} could not be written: {error.strerror or error}.") from error


def _watched(pictures: Iterator[np.ndarray], raised: list[BaseException]) -> Iterator[np.ndarray]:
    """The pictures; what they raise is kept too, to tell it from what the encoder raises."""
    try:
        yield from pictures
    except BaseException as error:
        raised.append(error)
        raise


def _encode(
    part: Path,
    first: np.ndarray,
    pictures: Iterator[np.ndarray],
    fps: Fraction,
    samples: np.ndarray | None,
    rate: int,
) -> None:
    height, width = _checked(first, first.shape).shape[:2]
    # faststart: the index goes to the front, so that a browser plays it before it has it all.
    with av.open(str(part), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        picture_stream = _picture_stream(container, width, height, fps)
        sound = iter(())
        if samples is not None and len(samples):
            sound_stream = container.add_stream("aac", rate=SOUND_RATE, layout="mono")
            sound_stream.bit_rate = SOUND_BITS
            sound_stream.time_base = Fraction(1, SOUND_RATE)
            sound = _sound_frames(samples, rate)

        sounded = 0
        pending = next(sound, None)
        picture: np.ndarray | None = first
        count = 0
        while picture is not None:
            frame = av.VideoFrame.from_ndarray(_checked(picture, first.shape), format="rgb24")
            frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
            frame.pts, frame.time_base = count, 1 / fps
            container.mux(picture_stream.encode(frame))
            count += 1
            # The sound up to the end of this picture: the muxer then never has to hold one stream for the other.
            while pending is not None and Fraction(sounded, SOUND_RATE) < count / fps:
                sounded += pending.samples
                container.mux(sound_stream.encode(pending))
                pending = next(sound, None)
            picture = next(pictures, None)
        container.mux(picture_stream.encode(None))
        while pending is not None:
            container.mux(sound_stream.encode(pending))
            pending = next(sound, None)
        if samples is not None and len(samples):
            container.mux(sound_stream.encode(None))


def _picture_stream(container: av.container.OutputContainer, width: int, height: int, fps: Fraction) -> av.VideoStream:
    stream = container.add_stream("libx264", rate=fps)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.time_base = 1 / fps
    context = stream.codec_context
    context.gop_size = max(1, round(fps * KEYFRAME_SECONDS))
    # Without B-frames the order in the file is the order on screen: even a player that ignores the edit list
    # shows picture 0 at time 0.
    context.max_b_frames = 0
    context.color_primaries = context.color_trc = context.colorspace = BT709
    context.color_range = 1  # 16..235, what H.264 players expect
    stream.options = {"crf": str(PICTURE_CRF), "preset": "fast"}
    return stream


def _checked(picture: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        raise VideoError(f"A picture is (height, width, 3) uint8; one of {picture.shape} {picture.dtype} was given.")
    if picture.shape != shape:
        raise VideoError(
            f"All pictures of a film have one size: the first is {shape[1]}x{shape[0]}, "
            f"a later one {picture.shape[1]}x{picture.shape[0]}."
        )
    if picture.shape[0] % 2 or picture.shape[1] % 2 or 0 in picture.shape:
        raise VideoError(f"H.264 needs an even width and height; {picture.shape[1]}x{picture.shape[0]} was asked for.")
    return np.ascontiguousarray(picture)


def _sound_frames(samples: np.ndarray, rate: int) -> Iterator[av.AudioFrame]:
    """`samples` at 48 kHz in AAC frames with exact times; the last frame has what is left."""
    total = -(-len(samples) * SOUND_RATE // rate)  # ceil: the last sample is not cut off
    waiting = np.zeros(0, np.float32)
    start = 0
    for block in _resampled(samples, rate):
        waiting = np.concatenate([waiting, block])[: total - start]
        while len(waiting) >= AAC_FRAME:
            yield _sound_frame(waiting[:AAC_FRAME], start)
            waiting, start = waiting[AAC_FRAME:], start + AAC_FRAME
    rest = np.pad(waiting, (0, total - start - len(waiting)))  # the filter may end a sample or two early
    for begin in range(0, len(rest), AAC_FRAME):
        yield _sound_frame(rest[begin : begin + AAC_FRAME], start + begin)


def _resampled(samples: np.ndarray, rate: int) -> Iterator[np.ndarray]:
    """Blocks of one second each at 48 kHz; the filter's delay is taken out by soxr."""
    if rate == SOUND_RATE:
        yield from (np.asarray(samples[i : i + rate], np.float32) for i in range(0, len(samples), rate))
        return
    stream = soxr.ResampleStream(rate, SOUND_RATE, 1, dtype="float32", quality="HQ")
    for begin in range(0, len(samples), rate):
        block = np.ascontiguousarray(samples[begin : begin + rate], np.float32)
        yield stream.resample_chunk(block, last=begin + rate >= len(samples))


def _sound_frame(samples: np.ndarray, start: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None]), format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, start, Fraction(1, SOUND_RATE)
    return frame
