# SPDX-License-Identifier: GPL-3.0-or-later
"""The state machine of a list of requests, from Generate to the scene: (state, event) -> (state, effects). No bpy, no
thread, no clock.

One request is one take. Requests run one at a time, in order; each take is applied, as an undo step of its own, before
the next request starts. After a failure the next request starts, unless the backend is lost. A cancel keeps the takes
that were applied before.
"""

from dataclasses import dataclass, replace

from ..connection.backend_info import BackendInfo
from ..formats.take import Take


@dataclass(frozen=True)
class Request:
    """A request for one take of one line. Names and numbers, no references: the datablocks may be gone when the take
    arrives."""

    speaker: str
    scene: str
    sound: str  # absolute path of the file that is sent: a sound, or a film of kind 'tracks'
    start_frame: float  # the scene's frame of second 0 of that file
    direction: str  # JSON, with the seed
    engine: str  # '' is the backend's default
    fps: str  # the scene's rate, '24' or '30000/1001'
    address: str
    start_own: bool  # start a backend as a child where none answers at the address
    command: str = ""
    speaker_uid: int = 0  # Blender's session_uid, which finds a renamed speaker; 0 if unknown
    sound_to_place: str = ""  # the sound to put in the sequencer for the line, '' for none
    head: str = ""  # the head that the take moves; '' is Mien's own, by its channels
    line: int = 0  # uid of the line; 0 is the active one, which is added where there is none
    line_name: str = ""
    line_start: int = 0  # the line's start frame at the time of the request; the line may move meanwhile
    take: int = 0  # uid of the take to replace; 0 is the one with the same seed, or a new one
    show: bool = True  # make it the active take
    fingerprint: str = ""  # of all that the take depends on, kept on the take; '' where nobody needs it
    recorded: str = ""  # the file of a take whose part replaces the engine's; '' for none
    recorded_part: str = ""  # 'nonverbal' or 'lips'
    kind: str = "takes"  # or 'tracks': the take of a face in a film
    film: str = ""  # of 'tracks': the film's path in Blender's form
    fields: tuple[tuple[str, str], ...] = ()  # of 'tracks': what is asked of it, by the backend's names
    first_picture: bool = False  # `start_frame` is that of the film's first picture, and not of second 0 of its sound
    new_line: bool = False  # it gets a line of its own
    spans: tuple[tuple[float, float], ...] = ()  # the scene's frames of corrected words: only they replace the take's
    transcript: str = ""  # with the corrected words
    idle: bool = False  # it becomes the speaker's idle, and no take of a line
    scene_uid: int = 0  # Blender's session_uid, which finds a renamed scene; 0 if unknown


@dataclass(frozen=True)
class Outcome:
    """The end of a request. state: 'done', 'failed' or 'cancelled'."""

    request: Request
    state: str
    sentence: str


# ---- events
@dataclass(frozen=True)
class Requested:
    requests: tuple[Request, ...]


@dataclass(frozen=True)
class Progressed:
    """left_s: seconds until the job is done, None where that is not known."""

    ticket: int
    stage: str
    fraction: float
    left_s: float | None = None


@dataclass(frozen=True)
class Arrived:
    ticket: int
    take: Take


@dataclass(frozen=True)
class Failed:
    """lost: there is no backend, or it refuses us, so that the rest of the list fails too. touched: the scene may have
    been changed, and the sentence says what is left of the change."""

    ticket: int
    sentence: str
    lost: bool = False
    touched: bool = False


@dataclass(frozen=True)
class Deferred:
    """The take cannot be applied yet; `reason` says what the animator can do about it."""

    ticket: int
    reason: str


@dataclass(frozen=True)
class Applied:
    ticket: int
    note: str


@dataclass(frozen=True)
class Cancelled:
    reason: str = "Cancelled"


@dataclass(frozen=True)
class BackendStatus:
    """A backend was contacted: its info, or None and a sentence on why there is none."""

    info: BackendInfo | None
    sentence: str


@dataclass(frozen=True)
class Dismissed:
    """The animator has read the message."""


# ---- effects
@dataclass(frozen=True)
class StartWork:
    ticket: int
    request: Request


@dataclass(frozen=True)
class StopWork:
    ticket: int


@dataclass(frozen=True)
class ApplyTake:
    ticket: int
    request: Request
    take: Take


@dataclass(frozen=True)
class State:
    """phase: 'idle', 'working' (the backend works) or 'holding' (the take arrived and is not applied yet).

    `outcomes` has the requests that have ended, and stays after the list until the next one begins.
    """

    phase: str = "idle"
    ticket: int = 0  # the number of the latest job; events of older ones are ignored
    request: Request | None = None
    waiting: tuple[Request, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    touched: bool = False  # a failure of this list may have changed the scene
    take: Take | None = None
    stage: str = ""
    share: float = 0.0  # progress of the current request, 0..1
    left_s: float | None = None  # seconds until the current request is done, as the backend says
    lost: bool = False  # the last list ended as no backend was there, or it refused us
    error: str = ""
    note: str = ""
    info: BackendInfo | None = None
    backend: str = ""  # a sentence on the last backend that was contacted

    @property
    def running(self) -> bool:
        return self.phase != "idle"

    @property
    def total(self) -> int:
        """Number of requests in the list."""
        return len(self.outcomes) + (self.request is not None) + len(self.waiting)

    @property
    def number(self) -> int:
        """Number of the current request, from 1; 0 where none runs."""
        return len(self.outcomes) + 1 if self.request is not None else 0

    @property
    def fraction(self) -> float:
        """Progress of the whole list, 0..1."""
        return (len(self.outcomes) + self.share) / self.total if self.total else 0.0

    @property
    def done(self) -> int:
        return sum(outcome.state == "done" for outcome in self.outcomes)


def step(state: State, event: object) -> tuple[State, tuple]:
    """The next state and the effects. Events of a job that is not the latest, or has ended, change nothing."""
    match event:
        case BackendStatus(info, sentence):
            return replace(state, info=info or state.info, backend=sentence, lost=state.lost and info is None), ()
        case Dismissed():
            return replace(state, error="", note="", lost=False), ()
        case Requested(requests) if requests and not state.running:
            started = State(ticket=state.ticket, waiting=tuple(requests), info=state.info, backend=state.backend)
            return _next(started, "looking for the backend")
        case Cancelled(reason) if state.running:
            idle = _drop_waiting(_end_current(state, "cancelled", reason), "cancelled", reason)
            return replace(idle, note=f"{reason}; {_summary(idle)}"), (StopWork(state.ticket),)
    if not state.running or getattr(event, "ticket", None) != state.ticket:
        return state, ()
    match event:
        case Progressed(_, stage, fraction, left_s) if state.phase == "working":
            return replace(state, stage=stage, share=fraction, left_s=left_s), ()
        case Arrived(ticket, take) if state.request is not None:
            holding = replace(state, phase="holding", take=take, stage="applying", share=1.0)
            return holding, (ApplyTake(ticket, state.request, take),)
        case Deferred(_, reason) if state.phase == "holding":
            return replace(state, stage="waiting for you", note=reason), ()
        case Failed(_, sentence, lost, touched):
            failed = replace(_end_current(state, "failed", sentence), touched=state.touched or touched)
            if lost:
                failed = replace(_drop_waiting(failed, "failed", sentence), lost=True)
            return _next(failed)
        case Applied(_, note):
            return _next(_end_current(state, "done", note))
    return state, ()


def _end_current(state: State, outcome: str, sentence: str) -> State:
    """End the current request with this outcome."""
    outcomes = state.outcomes
    if state.request is not None:  # always, while the list runs
        outcomes += (Outcome(state.request, outcome, sentence),)
    return replace(
        state,
        phase="idle",
        request=None,
        take=None,
        stage="",
        share=0.0,
        left_s=None,
        error="",
        note="",
        outcomes=outcomes,
    )


def _drop_waiting(state: State, outcome: str, sentence: str) -> State:
    """End all waiting requests with this outcome."""
    outcomes = tuple(Outcome(request, outcome, sentence) for request in state.waiting)
    return replace(state, waiting=(), outcomes=state.outcomes + outcomes)


def _next(state: State, stage: str = "asking the backend") -> tuple[State, tuple]:
    """Start the next waiting request; after the last one, sum the list up in `note` or `error`."""
    if state.waiting:
        request, ticket = state.waiting[0], state.ticket + 1
        working = replace(
            state, phase="working", ticket=ticket, request=request, waiting=state.waiting[1:], stage=stage
        )
        return working, (StartWork(ticket, request),)
    failed = [outcome for outcome in state.outcomes if outcome.state == "failed"]
    if not failed:
        last = state.outcomes[-1].sentence
        return replace(state, note=last if len(state.outcomes) == 1 else f"{state.done} takes were made. {last}"), ()
    reasons = list(dict.fromkeys(outcome.sentence for outcome in failed))
    more = f" {len(reasons) - 1} more failed otherwise." if len(reasons) > 1 else ""
    rest = "" if state.touched and not state.done else f" {_capital(_summary(state))}"
    return replace(state, error=f"{reasons[0]}{more}{rest}"), ()


def _summary(state: State) -> str:
    """How many takes of an incomplete list were made and stay."""
    total = len(state.outcomes)
    if not state.done:
        return "the scene was left as it was."
    was, are = ("was", "is") if state.done == 1 else ("were", "are")
    return f"{state.done} of {total} takes {was} made and {are} kept."


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
