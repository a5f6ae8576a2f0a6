# SPDX-License-Identifier: GPL-3.0-or-later
"""A film's streams copied into another file, as editors and web sites do, with FFmpeg's own defaults."""

from __future__ import annotations

from pathlib import Path

import av


def remuxed(source: Path, target: Path, metadata: bool = True) -> Path:
    """As `ffmpeg -i source -c copy target`; without `metadata` as with `-map_metadata -1`."""
    with av.open(str(source)) as film, av.open(str(target), "w") as copy:
        if metadata:
            copy.metadata.update(film.metadata)
        streams = {stream.index: copy.add_stream_from_template(stream) for stream in film.streams}
        for packet in film.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                copy.mux(packet)
    return target
