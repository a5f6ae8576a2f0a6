# SPDX-License-Identifier: GPL-3.0-or-later
"""A job from Generate to the take, as a pure (state, event) ->
(state, effects). No bpy, no thread, no clock."""

from dataclasses import dataclass, replace

from .client import Info
from .take import Take


@dataclass(frozen=True)
class Request:
    """What Generate asks for. Names, never references: the datablocks may be gone when the take arrives."""

    speaker: str
    scene: str
    sound: str  # absolute path
    start_frame: int
    direction: str  # JSON
    engine: str  # '' is the backend's default
    fps: str  # the scene's rate, '24' or '30000/1001'
    address: str
    start_own: bool  # start a backend as a child when none answers at the address
    command: str = ""
    speaker_uid: int = 0  # Blender's session_uid: finds a speaker that was renamed meanwhile; 0 if unknown
    place_sound: bool = True
    head: str = ""  # what moves; '' is Mien's own head, by its channels


# ---- events: what happened
@dataclass(frozen=True)
class Asked:
    request: Request


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
    ticket: int
    sentence: str


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
    reason: str = "Cancelled; the scene was left as it was."


@dataclass(frozen=True)
class Seen:
    """A backend was looked at: what it says, or None and why not."""

    info: Info | None
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
    """phase: idle, working (the backend), holding (the take is here, not applied)."""

    phase: str = "idle"
    ticket: int = 0  # the number of the latest job; events of older ones are stale
    request: Request | None = None
    take: Take | None = None
    stage: str = ""
    fraction: float = 0.0
    error: str = ""
    note: str = ""
    info: Info | None = None
    backend: str = ""  # a sentence on the last backend looked at

    @property
    def running(self) -> bool:
        return self.phase != "idle"


def step(state: State, event: object) -> tuple[State, tuple]:
    """The next state and what to do. Events of a job that is not the latest, or is over, change nothing."""
    match event:
        case Seen(info, sentence):
            return replace(state, info=info or state.info, backend=sentence), ()
        case Dismissed():
            return replace(state, error="", note=""), ()
        case Asked(request) if not state.running:
            ticket = state.ticket + 1
            begun = State(
                "working",
                ticket,
                request,
                stage="looking for the backend",
                info=state.info,
                backend=state.backend,
            )
            return begun, (StartWork(ticket, request),)
        case Cancelled(reason) if state.running:
            return _over(state, note=reason), (StopWork(state.ticket),)
    if not state.running or getattr(event, "ticket", None) != state.ticket:
        return state, ()
    match event:
        case Progressed(_, stage, fraction) if state.phase == "working":
            return replace(state, stage=stage, fraction=fraction), ()
        case Arrived(ticket, take):
            held = replace(state, phase="holding", take=take, stage="applying", fraction=1.0)
            return held, (ApplyTake(ticket, state.request, take),)
        case Held(_, reason) if state.phase == "holding":
            return replace(state, stage="waiting for you", note=reason), ()
        case Failed(_, sentence):
            return _over(state, error=sentence), ()
        case Applied(_, note):
            return _over(state, note=note), ()
    return state, ()


def _over(state: State, error: str = "", note: str = "") -> State:
    return replace(
        state, phase="idle", request=None, take=None, stage="", fraction=0.0, error=error, note=note
    )
