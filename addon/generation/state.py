# SPDX-License-Identifier: GPL-3.0-or-later
"""A list of takes from Generate to the scene, as a pure (state, event) -> (state, effects). No bpy, no
thread, no clock.

One request is one take. A list is worked through in its order, one at a time; each take is applied, as an
undo step of its own, before the next is asked for. A request that fails leaves the others their turn,
unless the backend itself is lost. A cancel keeps what was applied before.
"""

from dataclasses import dataclass, replace

from ..connection.client import BackendInfo
from ..formats.take import Take


@dataclass(frozen=True)
class Request:
    """What is asked for: one take of one line. Names and numbers, never references: the datablocks may be
    gone when the take arrives."""

    speaker: str
    scene: str
    sound: str  # absolute path of what is sent: the file, or an excerpt of it
    start_frame: float  # the scene's frame of second 0 of what is sent
    direction: str  # JSON, the seed in it
    engine: str  # '' is the backend's default
    fps: str  # the scene's rate, '24' or '30000/1001'
    address: str
    start_own: bool  # start a backend as a child when none answers at the address
    command: str = ""
    speaker_uid: int = 0  # Blender's session_uid: finds a speaker that was renamed meanwhile; 0 if unknown
    heard: str = ""  # the sound to put in the sequencer for the line, '' for none
    head: str = ""  # what moves; '' is Mien's own head, by its channels
    line: int = 0  # uid of the line; 0 is the active one, and one is made where there is none
    line_name: str = ""
    line_start: int = 0  # where the line started when it was asked; it may move meanwhile
    take: int = 0  # uid of the take to make anew; 0 is the one with the same seed, or a new one
    show: bool = True  # the take is the one to see when it is there
    content: str = ""  # what the take was made from, as a hash that is kept on it; '' when nobody asks


@dataclass(frozen=True)
class Outcome:
    """What became of a request. state: 'done', 'failed' or 'cancelled'."""

    request: Request
    state: str
    sentence: str


# ---- events: what happened
@dataclass(frozen=True)
class Asked:
    requests: tuple[Request, ...]


@dataclass(frozen=True)
class Progressed:
    ticket: int
    stage: str
    fraction: float


@dataclass(frozen=True)
class Arrived:
    ticket: int
    take: Take


@dataclass(frozen=True)
class Failed:
    """`lost`: the backend is, so that the rest of the list cannot be made either. `touched`: the scene may have
    been changed, and the sentence says what became of it."""

    ticket: int
    sentence: str
    lost: bool = False
    touched: bool = False


@dataclass(frozen=True)
class Held:
    """The take is here and Blender cannot receive it yet; `reason` says what the animator can do about it."""

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
class Seen:
    """A backend was looked at: what it says, or None and why not."""

    info: BackendInfo | None
    sentence: str


@dataclass(frozen=True)
class Dismissed:
    """The animator has read the message."""


# ---- effects: what to do about it
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
    """phase: idle, working (the backend), holding (a take is here, not applied).

    `outcomes` grows with each request that is over and is kept, when the list is, until the next is asked for.
    """

    phase: str = "idle"
    ticket: int = 0  # the number of the latest job; events of older ones are stale
    request: Request | None = None
    waiting: tuple[Request, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    touched: bool = False  # a failure of the list says itself what it did to the scene
    take: Take | None = None
    stage: str = ""
    share: float = 0.0  # of the request at work
    error: str = ""
    note: str = ""
    info: BackendInfo | None = None
    backend: str = ""  # a sentence on the last backend looked at

    @property
    def running(self) -> bool:
        return self.phase != "idle"

    @property
    def total(self) -> int:
        """How many requests the list has."""
        return len(self.outcomes) + (self.request is not None) + len(self.waiting)

    @property
    def number(self) -> int:
        """Which of them is at work, from 1; 0 when none is."""
        return len(self.outcomes) + 1 if self.request is not None else 0

    @property
    def fraction(self) -> float:
        """How much of the whole list is done, 0..1."""
        return (len(self.outcomes) + self.share) / self.total if self.total else 0.0

    @property
    def done(self) -> int:
        return sum(outcome.state == "done" for outcome in self.outcomes)


def step(state: State, event: object) -> tuple[State, tuple]:
    """The next state and what to do. Events of a job that is not the latest, or is over, change nothing."""
    match event:
        case Seen(info, sentence):
            return replace(state, info=info or state.info, backend=sentence), ()
        case Dismissed():
            return replace(state, error="", note=""), ()
        case Asked(requests) if requests and not state.running:
            begun = State(ticket=state.ticket, waiting=tuple(requests), info=state.info, backend=state.backend)
            return _next(begun, "looking for the backend")
        case Cancelled(reason) if state.running:
            over = _dropped(_ended(state, "cancelled", reason), "cancelled", reason)
            return replace(over, note=f"{reason}; {_kept(over)}"), (StopWork(state.ticket),)
    if not state.running or getattr(event, "ticket", None) != state.ticket:
        return state, ()
    match event:
        case Progressed(_, stage, fraction) if state.phase == "working":
            return replace(state, stage=stage, share=fraction), ()
        case Arrived(ticket, take):
            held = replace(state, phase="holding", take=take, stage="applying", share=1.0)
            return held, (ApplyTake(ticket, state.request, take),)
        case Held(_, reason) if state.phase == "holding":
            return replace(state, stage="waiting for you", note=reason), ()
        case Failed(_, sentence, lost, touched):
            failed = replace(_ended(state, "failed", sentence), touched=state.touched or touched)
            if lost:
                failed = _dropped(failed, "failed", sentence)
            return _next(failed)
        case Applied(_, note):
            return _next(_ended(state, "done", note))
    return state, ()


def _ended(state: State, how: str, sentence: str) -> State:
    """The request at work is over."""
    outcomes = (*state.outcomes, Outcome(state.request, how, sentence))
    return replace(
        state, phase="idle", request=None, take=None, stage="", share=0.0, error="", note="", outcomes=outcomes
    )


def _dropped(state: State, how: str, sentence: str) -> State:
    """Those that wait are over too."""
    rest = tuple(Outcome(request, how, sentence) for request in state.waiting)
    return replace(state, waiting=(), outcomes=state.outcomes + rest)


def _next(state: State, stage: str = "asking the backend") -> tuple[State, tuple]:
    """The next of those that wait is at work; or the list is over, and it says how it went."""
    if state.waiting:
        request, ticket = state.waiting[0], state.ticket + 1
        begun = replace(state, phase="working", ticket=ticket, request=request, waiting=state.waiting[1:], stage=stage)
        return begun, (StartWork(ticket, request),)
    failed = [outcome for outcome in state.outcomes if outcome.state == "failed"]
    if not failed:
        last = state.outcomes[-1].sentence
        return replace(state, note=last if len(state.outcomes) == 1 else f"{state.done} takes were made. {last}"), ()
    reasons = list(dict.fromkeys(outcome.sentence for outcome in failed))
    more = f" {len(reasons) - 1} more failed otherwise." if len(reasons) > 1 else ""
    kept = "" if state.touched and not state.done else f" {_capital(_kept(state))}"
    return replace(state, error=f"{reasons[0]}{more}{kept}"), ()


def _kept(state: State) -> str:
    """What is left of a list that did not run to its end."""
    total = len(state.outcomes)
    if not state.done:
        return "the scene was left as it was."
    was, are = ("was", "is") if state.done == 1 else ("were", "are")
    return f"{state.done} of {total} takes {was} made and {are} kept."


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
