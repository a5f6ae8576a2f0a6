# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the backend what the voice of a line suggests, and keeps the answers until they are accepted or put away. They
are not of the file: nothing changes in it before an animator accepts one."""

from collections.abc import Callable

import bpy

from ..connection.address import is_loopback
from ..connection.errors import ClientError
from ..connection.local_backend import LocalBackendError
from ..connection.preferences import preferences
from ..scene import strip_sync, viewports
from ..scene.timeline.suggested_emotion import Suggestion, SuggestionError
from . import requests, worker
from .runner import runner

Key = tuple[int, str, int]


class EmotionSuggestions:
    """`of` a line: the Suggestion, a sentence on why there is none, or None where none was asked for."""

    def __init__(self) -> None:
        self._found: dict[Key, Suggestion | str] = {}
        self.busy = ""  # the line's name, while the backend listens

    def of(self, speaker: bpy.types.Object, line) -> Suggestion | str | None:
        return self._found.get(_key(speaker, line))

    def drop(self, speaker: bpy.types.Object, line) -> None:
        self._found.pop(_key(speaker, line), None)

    def begin(self, context: bpy.types.Context, scene: bpy.types.Scene, speaker: bpy.types.Object, line) -> None:
        """Ask in the background. Raises SoundError."""
        work, self.busy = self._work(context, scene, speaker, line), line.name
        runner.run_in_background(work)

    def run(self, context: bpy.types.Context, scene: bpy.types.Scene, speaker: bpy.types.Object, line) -> str:
        """Ask before returning, for scripts; '' or a sentence on what failed. Raises SoundError."""
        self._work(context, scene, speaker, line)()()
        found = self.of(speaker, line)
        return found if isinstance(found, str) else ""

    def _work(self, context, scene, speaker, line) -> Callable[[], Callable[[], None]]:
        """What is called in a thread: it asks, and returns what keeps the answer."""
        strip_sync.sync_line(line)
        settings, file = preferences(context), requests.sound_of_line(line, scene).sound.write()
        cut_s, key = float(line.trim_start), _key(speaker, line)
        address, command = settings.address, settings.command
        start_own = settings.start_own and is_loopback(address)

        def ask() -> Callable[[], None]:
            found: Suggestion | str
            try:
                client, info = worker.connect(address, start_own, command, runner.local)
                if not info.suggests_emotions:
                    raise ClientError(f"The backend at {address}, Mien {info.version}, suggests nothing; update it.")
                found = Suggestion.from_reply(client.suggest_emotion(file), cut_s)
            except (ClientError, LocalBackendError, SuggestionError) as error:
                found = str(error)

            def keep() -> None:
                self._found[key], self.busy = found, ""
                viewports.redraw()

            return keep

        return ask


def _key(speaker: bpy.types.Object, line) -> Key:
    return getattr(speaker, "session_uid", 0), speaker.name, line.uid


suggestions = EmotionSuggestions()
