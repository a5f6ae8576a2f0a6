# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound files as blocks of mono float32 at their own sample rate.

libsndfile decodes wav, flac, ogg, mp3 and their like; FFmpeg decodes m4a, the sound of mp4, mov and mkv, and whatever
libsndfile refuses. Memory holds one block, whatever the length and the number of channels.

Encoder padding is cut off where the file declares it: mp3, m4a, mp4, mov, ogg and webm do. AAC in mkv declares no end,
so up to one codec frame of silence stays there. A bare .aac, mp3 in avi and mp3 without a Xing frame declare nothing,
so the codec's delay stays at the start as well (aac: 1024 samples, mp3: 1105 or more). The sound of a film keeps its
time: where it starts later than the picture, or has a gap, there is silence.

A wav, aiff, flac, mp3 or mp4 that is shorter than its header declares is refused, because the animation of half a
recording looks complete. Ogg and mkv need not declare a length: what is there is read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO, cast

import av
import numpy as np
import soundfile
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition

from mien.audio.header import SpeechError, check_header, mp3_has_length

__all__ = ["Recording", "SpeechError", "open_recording"]

BLOCK = 1 << 18  # values decoded at once: 1 MiB of float32
RATES = (1000, 768000)  # Hz; outside this a header is damaged
FRAMES_UNKNOWN = 1 << 60  # libsndfile gives about 2^63 for a flac of unknown length, and fails at its end

# The containers that FFmpeg may open: its playlist and script formats open other files, which an uploaded sound must
# not be able to do.
CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mp3,aac,ogg,flac,wav,w64,aiff,caf,au,amr,ac3,eac3,asf,avi,flv,mpeg,"
    "mpegts,mxf,ape,wv,tta,dsf"
)


@dataclass(frozen=True)
class Recording:
    """`rate` in Hz; `seconds`: the length that the header declares, or None; `blocks` of (n,) mono float32.

    The iterator raises `SpeechError` where the sound is damaged or cut short.
    """

    rate: int
    seconds: float | None
    blocks: Iterator[np.ndarray]


def open_recording(file: BinaryIO, name: str) -> Recording:
    """Open a seekable binary file as sound; `name` stands for it in messages. Raises `SpeechError`."""
    check_header(file, name)
    has_length = mp3_has_length(file)
    try:
        sound = soundfile.SoundFile(file)
    except soundfile.LibsndfileError:
        sound = None
    if sound is not None and sound.frames < FRAMES_UNKNOWN and (has_length or sound.format != "MP3"):
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
                raise _damage_error(name, error.error_string) from error
            if len(block) == 0:
                break
            done += len(block)
            yield block.mean(1, dtype=np.float32)
        if done < sound.frames:
            raise SpeechError(
                f"The file {name!r} is cut short: its header promises {sound.frames / sound.samplerate:.2f} s "
                f"and {done / sound.samplerate:.2f} s can be read. Copy it again or export it again."
            )


def _damage_error(name: str, reason: str) -> SpeechError:
    return SpeechError(
        f"The sound {name!r} is damaged or cut short ({reason.removeprefix('Error : ').rstrip('. ')}). "
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
        content = "has a picture but no sound" if container.streams.video else "has no sound in it"
        container.close()
        raise SpeechError(f"The file {name!r} {content}. Choose a file with a sound track, or export it with one.")
    audio = cast(AudioStream, stream)
    end = _declared_end(container, audio)
    blocks = _ffmpeg_blocks(container, audio, end, name)
    return Recording(audio.codec_context.sample_rate, None if end is None else _seconds(audio), blocks)


def _seconds(stream: AudioStream) -> float:
    """The declared length; 0 without one."""
    return float((stream.duration or 0) * (stream.time_base or 0))


def _declared_end(container: InputContainer, stream: AudioStream) -> Fraction | None:
    """The time stamp, in seconds, at which the sound of an mp4 or mov ends; None for other formats, for which FFmpeg
    may estimate it from the bit rate."""
    if not container.format.name.startswith("mov") or not stream.duration:
        return None
    if stream.start_time is None or stream.time_base is None:
        return None
    return (stream.start_time + stream.duration) * stream.time_base


def _ffmpeg_blocks(
    container: InputContainer, stream: AudioStream, end: Fraction | None, name: str
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
                if frame.pts is not None and frame.time_base is not None:
                    at = frame.pts * frame.time_base
                    origin = at if origin is None else origin if done else min(origin, at)
                    missing = round((at - origin) * rate) - done
                    # Time stamps of mkv are whole milliseconds: only more than 20 ms is a gap.
                    while missing > rate // 50:
                        silence = np.zeros(min(missing, BLOCK), np.float32)
                        yield silence
                        done, missing = done + len(silence), missing - len(silence)
                held = _mono(frame)[: _audible_samples(frame, end, rate)]
        except av.FFmpegError as error:
            raise _damage_error(name, error.strerror or str(error)) from error
        if held is not None:
            yield held
            done += len(held)
    declared = _seconds(stream) if end is not None else 0.0
    if declared - done / rate > 0.1:
        raise SpeechError(
            f"The file {name!r} is cut short: its header promises {declared:.2f} s and {done / rate:.2f} s can "
            "be read. Copy it again or export it again."
        )


def _picture_start(container: InputContainer) -> Fraction | None:
    """The time stamp, in seconds, of the first picture; None without one (a cover image does not count)."""
    for stream in container.streams.video:
        cover = stream.disposition & Disposition.attached_pic
        if not cover and stream.start_time is not None and stream.time_base is not None:
            return stream.start_time * stream.time_base
    return None


def _audible_samples(frame: av.AudioFrame, end: Fraction | None, rate: int) -> int:
    """How many samples of a frame are no padding.

    An mp4 gives its last packet a shorter duration (FFmpeg) or ends its edit list earlier (Apple, whose ticks may be
    1/600 s, so that less than 2 ms is rounding).
    """
    count = frame.samples
    if not frame.duration or frame.pts is None or frame.time_base is None or frame.time_base > Fraction(1, rate):
        return count
    count = min(count, round(frame.duration * frame.time_base * rate))
    if end is not None:
        remaining = round((end - frame.pts * frame.time_base) * rate)
        if count - remaining > rate // 500:
            count = max(0, remaining)
    return count


def _mono(frame: av.AudioFrame) -> np.ndarray:
    """(n,) float32 samples of a decoded frame: integers divided by their full scale, channels averaged."""
    values: np.ndarray = frame.to_ndarray()
    channels = len(frame.layout.channels)
    values = values if frame.format.is_planar else values.reshape(-1, channels).T
    if values.dtype == np.uint8:
        values = (values.astype(np.float32) - 128) / 128
    elif np.issubdtype(values.dtype, np.integer):
        values = values / -float(np.iinfo(values.dtype).min)
    return values.mean(0, dtype=np.float64).astype(np.float32)
