# SPDX-License-Identifier: GPL-3.0-or-later
import io

import pytest
from mien.service.http.problems import Problem
from mien.service.http.upload_form import file_and_texts, name_of
from starlette.datastructures import UploadFile

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
