# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien evaluate dub CLIP --voice SOUND`: a clip dubbed with another voice, tracked again, beside the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mien.audio.speech import Speech
from mien.dub import STAGES, PlannedDub, plan_dub
from mien.engines.personatalk.face_shapes import face_shapes, lip_gap
from mien.engines.personatalk.lip_motion import speaking
from mien.engines.personatalk.options import DubOptions
from mien.engines.staged_progress import StagedProgress
from mien.evaluation import EvaluationError
from mien.evaluation.films.dub_motion import HELD_STILL
from mien.face_tracking.contacts import TOUCH
from mien.face_tracking.tracker import track_face
from mien.nn.one_thread import one_thread
from mien.video.footage import Picture
from mien.video.reader import open_footage

AFTER = 1.0  # s after the voice that are looked at: the mouth has to stay shut
SHUT_SHARE = 0.08  # of the film's pictures: the gap that they are under is that of lips that are nearly shut
SEEN = (0.06, 0.04)  # s before and after a contact of the lips within which they are seen to meet
LAGS = 4  # pictures that are tried on each side
LEAST = 10  # dubbed pictures, with fewer nothing can be said
SILENT, SPEAKING = 0.01, 0.99  # shares of the voice's motion that is shown

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class VoiceResult:
    """Of `frames` dubbed pictures: r of the lip gap, tracked again, with that of the meshes that were drawn; lag: by
    which it is later, in pictures; gain: its spread over theirs; silent: pictures in pauses and after the voice,
    silent_shut: of these with the mouth shut; closed, closed_in_film: shares of pictures with the mouth shut, while the
    voice speaks and in the film; contacts: of the voice's lips, contacts_seen: of these shown; outside: the largest
    difference of any pixel beyond the mask from the film's."""

    clip: str
    frames: int
    r: float
    lag: int
    gain: float
    silent: int
    silent_shut: int
    closed: float
    closed_in_film: float
    contacts: int
    contacts_seen: int
    outside: int


def evaluate_voice(path: Path, speech: Speech, engine: str, progress: Progress) -> VoiceResult:
    """Of the clip's pictures up to a second after the voice, drawn as `mien dub` does, without encoding.
    EvaluationError where too few are dubbed; what planning a dub raises."""
    work = StagedProgress(STAGES, lambda done, stage: progress(0.5 * done, stage), lambda: False, "")
    planned = plan_dub(path, open_footage(path), speech, DubOptions(engine=engine, when_longer="stop"), work)
    shown = [time for time in planned.times if time <= speech.duration + AFTER]
    drawn = _Drawn(planned, len(shown))
    with one_thread():
        track = track_face(drawn.footage, progress=lambda done, stage: progress(0.5 + 0.5 * done, "dubbing"))
    dubbed = track.tracked & np.array([why is None for why in planned.kept[: len(shown)]])
    if dubbed.sum() < LEAST:
        raise EvaluationError(f"{int(dubbed.sum())} pictures of {path.name} are dubbed; name a clip that shows a face.")
    shapes, actor = face_shapes(track), planned.actor
    times = np.array([float(time) for time in shown])
    share = speaking(times, planned.voice)
    own = actor.shapes.gap[actor.shapes.seen]
    touch = max(TOUCH, float(np.quantile(own, SHUT_SHARE)) + HELD_STILL)
    shut = shapes.gap <= touch
    silent = dubbed & (share < SILENT)
    contacts = [
        shut[dubbed & (times >= begin - SEEN[0]) & (times <= end + SEEN[1])] for begin, end in planned.voice.shut
    ]
    contacts = [seen for seen in contacts if len(seen)]
    return VoiceResult(
        clip=path.name,
        frames=int(dubbed.sum()),
        r=_correlation(shapes.gap[dubbed], drawn.gap[dubbed]),
        lag=_lag(np.where(dubbed, shapes.gap, np.nan), drawn.gap),
        gain=float(shapes.gap[dubbed].std() / max(drawn.gap[dubbed].std(), 1e-9)),
        silent=int(silent.sum()),
        silent_shut=int((silent & shut).sum()),
        closed=float(shut[dubbed & (share > SPEAKING)].mean()) if (dubbed & (share > SPEAKING)).any() else 0.0,
        closed_in_film=float((own <= touch).mean()),
        contacts=len(contacts),
        contacts_seen=sum(bool(seen.any()) for seen in contacts),
        outside=drawn.outside,
    )


class _Drawn:
    """The first `count` pictures of a dub as footage; once they were asked for: gap (count,) of the lips of the meshes
    that were drawn, in eye distances, and `outside` as VoiceResult has it."""

    def __init__(self, planned: PlannedDub, count: int) -> None:
        self._planned, self._count = planned, count
        self.gap, self.outside = np.zeros(count), 0
        length = planned.times[count - 1] + 1 / planned.track.rate
        self.footage = replace(
            planned.footage, length=length, has_sound=False, notes=(), still=False, open_pictures=self._pictures
        )

    def _pictures(self) -> Iterator[Picture]:
        planned, shapes = self._planned, self._planned.actor.shapes
        template, dub = planned.actor.renderers.template, planned.pictures(labelled=False)
        drawn = dub(planned.kept, np.arange(len(planned.sources)) < self._count, lambda number: None)
        own = planned.footage.pictures()
        for number, pixels in drawn:
            source = int(planned.sources[number])
            film = next(own).pixels  # `when_longer` is "stop": each of the film's pictures in turn
            mesh = template.moved(shapes.shapes[source], dub.shape(number))
            self.gap[number] = lip_gap(mesh)
            changed = template.changeable(shapes.vertices(source, mesh), "dubbed", pixels.shape)
            self.outside = max(self.outside, int(np.abs(pixels.astype(int) - film)[~changed].max(initial=0)))
            yield Picture(planned.times[number], pixels)
            if number == self._count - 1:
                return


def _lag(tracked: np.ndarray, planned: np.ndarray) -> int:
    """Pictures by which the gap (n,) that was tracked, NaN where it was not, is later than the planned one (n,)."""

    def r(lag: int) -> float:
        one = tracked[max(lag, 0) : len(tracked) + min(lag, 0)]
        other = planned[max(-lag, 0) : len(planned) + min(-lag, 0)]
        both = ~np.isnan(one)
        return _correlation(one[both], other[both])

    return max(sorted(range(-LAGS, LAGS + 1), key=abs), key=r)


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one, other)[0, 1]) if len(one) > 1 and np.ptp(one) > 0 and np.ptp(other) > 0 else 0.0


HEAD = (
    "clip", "gap of the lips and plan, r", "lag, pictures", "gain", "silent pictures with the mouth shut",
    "closed, while it speaks", "closed in the film", "contacts seen shut", "changed outside",
)  # fmt: skip


def cells(results: list[VoiceResult]) -> list[list[str]]:
    """Rows of a table under HEAD."""
    return [
        [
            v.clip, f"{v.r:.3f}", str(v.lag), f"{v.gain:.2f}", f"{v.silent_shut} of {v.silent}", f"{v.closed:.2f}",
            f"{v.closed_in_film:.2f}", f"{v.contacts_seen} of {v.contacts}", str(v.outside),
        ]
        for v in results
    ]  # fmt: skip
