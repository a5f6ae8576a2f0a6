# SPDX-License-Identifier: GPL-3.0-or-later
"""The route of a suggested emotion: a sound comes, what its voice tells goes back. Nothing is kept."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from mien.service.errors import SENTENCES, sentence_of
from mien.service.http.problems import Problem, room_for
from mien.service.http.upload_form import copy_upload, file_and_texts, name_of, receive_form, track_number
from mien.service.jobs.state_folder import StateFolder
from mien.service.workers.decode_process import Decoder
from mien.settings import Settings

PATH = "/v1/suggested-emotions"
FIELDS = ("sound", "track")


def emotion_routes(settings: Settings, folder: StateFolder, decoder: Decoder) -> list[Route]:
    """POST /v1/suggested-emotions: answered at once, as it takes a hundredth of the sound's time."""

    async def suggest(http: Request) -> JSONResponse:
        form = await receive_form(http, FIELDS)
        try:
            with room_for("sound"):
                return JSONResponse(await run_in_threadpool(_suggested, form, folder, decoder))
        except SENTENCES as error:
            raise Problem(422, sentence_of(error, settings.data_folder)) from error
        finally:
            await form.close()

    return [Route(PATH, suggest, methods=["POST"])]


def _suggested(form: FormData, folder: StateFolder, decoder: Decoder) -> dict:
    sound, texts = file_and_texts(form, FIELDS)
    track, upload = track_number(texts["track"]), folder.new_file("upload")
    try:
        copy_upload(sound, upload)
        return decoder.suggest_emotion(upload, name_of(sound, "sound"), track)
    finally:
        upload.unlink(missing_ok=True)
