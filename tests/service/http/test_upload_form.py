# SPDX-License-Identifier: GPL-3.0-or-later
import asyncio
import errno
import io

import pytest
from mien.service.http.problems import Problem
from mien.service.http.upload_form import file_and_texts, name_of, receive_form, track_number
from starlette.datastructures import Headers, UploadFile

FIELDS = ("film", "face", "fps")
FILM = UploadFile(io.BytesIO(b"x"), filename="a%20b/film.mp4")


def test_the_file_and_the_texts_of_a_form() -> None:
    assert file_and_texts({"film": FILM, "fps": "24"}, FIELDS) == (FILM, {"face": "", "fps": "24"})


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"film": FILM, "size": "3"}, "has a field 'size'; the fields are film, face, fps"),
        ({"face": "1"}, "has no file `film`. Send the film as a file of that name"),
        ({"film": "text"}, "has no file `film`"),
        ({"film": FILM, "face": FILM}, "The field 'face' is a file; send it as text"),
    ],
)
def test_other_forms_are_refused_in_words(form: dict[str, object], sentence: str) -> None:
    with pytest.raises(Problem) as caught:
        file_and_texts(form, FIELDS)
    assert sentence in str(caught.value.detail)


def test_a_name_is_no_path() -> None:
    assert name_of(FILM, "film") == "film.mp4"
    assert name_of(UploadFile(io.BytesIO()), "film") == "film"


def test_the_number_of_a_track_is_from_1_to_1000() -> None:
    assert (track_number(""), track_number("1"), track_number("1000")) == (None, 1, 1000)
    for text in ("0", "-1", "1.0", "\u0661", "1001", "0000000019", "00000000" + "1" * 5000):
        with pytest.raises(Problem, match="The field 'track' is"):
            track_number(text)


class FullDisk:
    """A request whose file finds no room where it is kept meanwhile."""

    headers = Headers({"content-type": "multipart/form-data; boundary=x"})

    async def form(self, **limits: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_disk_that_is_full_before_the_whole_file_came_is_said() -> None:
    with pytest.raises(Problem, match="disk is full, so it cannot take a film") as caught:
        asyncio.run(receive_form(FullDisk(), FIELDS))
    assert caught.value.status_code == 507
