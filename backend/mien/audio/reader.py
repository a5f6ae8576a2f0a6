# SPDX-License-Identifier: GPL-3.0-or-later
"""Recording: a sound file as it lies on the disk, read in blocks of mono float32 at its own rate.

libsndfile reads wav, flac, ogg, mp3 and their like; FFmpeg reads m4a, the sound of mp4, mov and mkv, and
whatever libsndfile refuses. Memory holds one block, whatever the length and the number of channels.

The frames given are those the file means to be heard. The padding of mp3, aac and opus encoders is cut off
wherever the file tells how much it is: mp3, m4a, mp4, mov, ogg and webm do. Aac in mkv leaves its end open,
which keeps up to one codec frame of silence there. A bare .aac, mp3 in avi and mp3 without a Xing frame tell
nothing, which also keeps the delay of their codec at the start (aac: 1024 samples, mp3: 1105 or more). In a
film the sound keeps its place: where it starts later than the picture, or has a gap, silence fills in.

A wav, aiff, flac, mp3 or mp4 that ends before its header says so is refused, because a face for half a
recording would look like a finished one. Ogg and mkv need not say how long they are: what is there is read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO

import av
import numpy as np
import soundfile

from mien.audio.header import SpeechError, check_header, mp3_tells_length

__all__ = ["Recording", "SpeechError", "open_recording"]

BLOCK = 1 << 18  # values read at once: 1 MiB of float32
RATES = (1000, 768000)  # Hz; outside this a header is damaged
FRAMES_UNKNOWN = 1 << 60  # libsndfile says about 2^63 for a flac of open length, and fails at its end

# FFmpeg is told which containers it may open: its playlist and script formats open other files, and a sound
# that somebody uploads must not be able to name one.
CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mp3,aac,ogg,flac,wav,w64,aiff,caf,au,amr,ac3,eac3,asf,avi,flv,mpeg,"
    "mpegts,mxf,ape,wv,tta,dsf"
)


@dataclass(frozen=True)
class Recording:
    """`rate` in Hz; `seconds`, the length by the header where it tells; `blocks` of (n,) mono float32.

    The blocks raise `SpeechError` where the sound is damaged or cut short.
    """

    rate: int
    seconds: float | None
    blocks: Iterator[np.ndarray]


def open_recording(file: BinaryIO, name: str) -> Recording:
    """Open a seekable binary file as sound; `name` stands for it in messages. Raises `SpeechError`."""
    check_header(file, name)
    exact = mp3_tells_length(file)
    try:
        sound = soundfile.SoundFile(file)
    except soundfile.LibsndfileError:
        sound = None
    if sound is not None and sound.frames < FRAMES_UNKNOWN and (exact or sound.format != "MP3"):
        seconds = sound.frames / sound.samplerate if sound.samplerate > 0 else None
        recording = Recording(sound.samplerate, seconds, _soundfile_blocks(sound, name))
    else:
        if sound is not None:
            sound.close()
        file.seek(0)
        recording = _open_with_ffmpeg(file, name)
    if not RATES[0] <= recording.rate <= RATES[1]:
        raise SpeechError(
            f"The header of {name!r} is damaged: it gives a sample rate of {recording.rate} Hz. Export it again."
        )
    return recording


def _soundfile_blocks(sound: soundfile.SoundFile, name: str) -> Iterator[np.ndarray]:
    done, size = 0, max(1, BLOCK // sound.channels)
    with sound:
        while True:
            try:
                block = sound.read(size, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError as error:
                raise _damaged(name, error.error_string) from error
            if len(block) == 0:
                break
            done += len(block)
            yield block.mean(1, dtype=np.float32)
        if done < sound.frames:
            raise SpeechError(
                f"The file {name!r} is cut short: its header promises {sound.frames / sound.samplerate:.2f} s "
                f"and {done / sound.samplerate:.2f} s can be read. Copy it again or export it again."
            )


def _damaged(name: str, why: str) -> SpeechError:
    return SpeechError(
        f"The sound {name!r} is damaged or cut short ({why.removeprefix('Error : ').rstrip('. ')}). "
        "Copy it again or export it again."
    )


def _open_with_ffmpeg(file: BinaryIO, name: str) -> Recording:
    options = {"format_whitelist": CONTAINERS, "protocol_whitelist": "none"}
    try:
        container = av.open(file, "r", options=options, metadata_errors="replace")
    except av.FFmpegError as error:
        raise SpeechError(
            f"The file {name!r} cannot be read as sound: its header is damaged or its format is unknown. "
            "Export it again as WAV, FLAC or MP4."
        ) from error
    stream = container.streams.best("audio")
    if stream is not None and stream.codec_context is None:
        container.close()
        raise SpeechError(f"The sound in {name!r} is of a kind that FFmpeg cannot decode. Export it as WAV or FLAC.")
    if stream is None:
        found = "has a picture but no sound" if container.streams.video else "has no sound in it"
        container.close()
        raise SpeechError(f"The file {name!r} {found}. Choose a file with a sound track, or export it with one.")
    end = _told_end(container, stream)
    blocks = _ffmpeg_blocks(container, stream, end, name)
    seconds = None if end is None else float(stream.duration * stream.time_base)
    return Recording(stream.codec_context.sample_rate, seconds, blocks)


def _told_end(container: av.container.InputContainer, stream: av.AudioStream) -> Fraction | None:
    """The time stamp, in seconds, at which an mp4 or mov says its sound ends. What FFmpeg says of other formats
    may be a guess from the bit rate."""
    if not container.format.name.startswith("mov") or not stream.duration or stream.start_time is None:
        return None
    return (stream.start_time + stream.duration) * stream.time_base


def _ffmpeg_blocks(
    container: av.container.InputContainer, stream: av.AudioStream, end: Fraction | None, name: str
) -> Iterator[np.ndarray]:
    rate, done, origin, held = stream.codec_context.sample_rate, 0, _picture_start(container), None
    with container:
        try:
            for frame in container.decode(stream):
                if frame.sample_rate != rate:
                    raise SpeechError(
                        f"The sound {name!r} changes its sample rate from {rate} to {frame.sample_rate} Hz "
                        "on the way. Export it again with one rate."
                    )
                if held is not None:
                    yield held
                    done, held = done + len(held), None
                if frame.pts is not None:
                    at = frame.pts * frame.time_base
                    origin = at if origin is None else origin if done else min(origin, at)
                    missing = round((at - origin) * rate) - done
                    # Time stamps of mkv are whole milliseconds: only more than 20 ms is a gap.
                    while missing > rate // 50:
                        silence = np.zeros(min(missing, BLOCK), np.float32)
                        yield silence
                        done, missing = done + len(silence), missing - len(silence)
                held = _mono(frame)[: _heard(frame, end, rate)]
        except av.FFmpegError as error:
            raise _damaged(name, error.strerror) from error
        if held is not None:
            yield held
            done += len(held)
    promised = float(stream.duration * stream.time_base) if end is not None else 0.0
    if promised - done / rate > 0.1:
        raise SpeechError(
            f"The file {name!r} is cut short: its header promises {promised:.2f} s and {done / rate:.2f} s can "
            "be read. Copy it again or export it again."
        )


def _picture_start(container: av.container.InputContainer) -> Fraction | None:
    """When the picture starts, in seconds; None for a file without one (a cover image is none)."""
    for stream in container.streams.video:
        cover = stream.disposition & av.stream.Disposition.attached_pic
        if not cover and stream.start_time is not None:
            return stream.start_time * stream.time_base
    return None


def _heard(frame: av.AudioFrame, end: Fraction | None, rate: int) -> int:
    """How many samples of a frame are meant to be heard.

    An mp4 gives its last packet a shorter time (FFmpeg) or ends its edit list earlier (Apple, whose ticks
    may be 1/600 s, so less than 2 ms is rounding).
    """
    count = frame.samples
    if not frame.duration or frame.pts is None or frame.time_base > Fraction(1, rate):
        return count
    count = min(count, round(frame.duration * frame.time_base * rate))
    if end is not None:
        left = round((end - frame.pts * frame.time_base) * rate)
        if count - left > rate // 500:
            count = max(0, left)
    return count


def _mono(frame: av.AudioFrame) -> np.ndarray:
    """The samples of a decoded frame, (n,) float32: integers by their full scale, channels by their mean."""
    values = frame.to_ndarray()
    channels = len(frame.layout.channels)
    values = values if frame.format.is_planar else values.reshape(-1, channels).T
    if values.dtype == np.uint8:
        values = (values.astype(np.float32) - 128) / 128
    elif np.issubdtype(values.dtype, np.integer):
        values = values / -float(np.iinfo(values.dtype).min)
    return values.mean(0, dtype=np.float64).astype(np.float32)
