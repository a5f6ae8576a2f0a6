# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from mien.heads.identity import load_identity
from mien.preview.scene import Scene
from mien.video import VideoError

SIZE = (256, 256)


@pytest.fixture(scope="module")
def scene():
    try:
        made = Scene(SIZE)
    except VideoError as error:
        pytest.skip(str(error))
    yield made
    made.close()


def drawn(scene: Scene, rotation: tuple[float, float, float] = (0, 0, 0), **weights: float) -> np.ndarray:
    """(H, W, 3) int of the head with these weights."""
    values = np.zeros(len(scene.head.channels), np.float32)
    if weights:
        values[scene.head.order(list(weights))] = list(weights.values())
    return scene.picture(scene.head.pose(values, np.array(rotation, np.float32))).astype(int)


def changed(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(n, 2) rows and columns of the pixels that differ clearly, as shares of the picture."""
    return np.argwhere(np.abs(a - b).max(2) > 12) / SIZE


def test_the_head_stands_in_the_middle_before_a_grey(scene):
    picture = drawn(scene)
    red = picture[..., 0] - picture[..., 2]  # skin is warm, the backdrop is not
    rows, columns = np.argwhere(red > 20).T / SIZE[0]
    assert columns.mean() == pytest.approx(0.5, abs=0.03)
    assert 0.03 < rows.min() < 0.2 and rows.max() > 0.8
    assert columns.min() > 0.1 and columns.max() < 0.9
    assert abs(red[:20]).max() < 20
    edges = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    assert edges.min() > 20  # the backdrop covers the picture to its last row
    assert picture.max() > 180


def test_the_same_face_gives_the_same_picture(scene):
    assert (drawn(scene) == drawn(scene)).all()


def test_speech_changes_the_mouth_and_a_blink_the_eyes(scene):
    rest = drawn(scene)
    mouth = changed(rest, drawn(scene, jawOpen=0.4))
    assert len(mouth) > 200
    assert mouth[:, 0].mean() > 0.65  # low in the picture
    eyes = changed(rest, drawn(scene, eyeBlinkLeft=1, eyeBlinkRight=1))
    assert len(eyes) > 100
    assert 0.35 < eyes[:, 0].mean() < 0.6
    assert eyes[:, 1].mean() == pytest.approx(0.5, abs=0.05)


def test_the_open_mouth_is_neither_black_nor_white(scene):
    rest, wide = drawn(scene), drawn(scene, jawOpen=0.7)
    inside = changed(rest, wide)
    row, column = np.round(np.median(inside, axis=0) * SIZE).astype(int)
    patch = wide[row - 3 : row + 4, column - 3 : column + 4].reshape(-1, 3).mean(0)
    assert 25 < patch[0] < 200
    assert patch[0] > patch[2] + 10  # red


def test_the_head_turns_to_its_own_left(scene):
    def nose(picture: np.ndarray) -> float:
        return changed(drawn(scene, (0, yaw, 0)), picture)[:, 1].mean()

    yaw = 0.35
    assert nose(drawn(scene, (0, yaw, 0), noseSneerLeft=1, noseSneerRight=1)) > 0.53  # to the viewer's right
    yaw = -0.35
    assert nose(drawn(scene, (0, yaw, 0), noseSneerLeft=1, noseSneerRight=1)) < 0.47


def test_the_head_stays_in_the_picture_when_it_turns(scene):
    for rotation in ((0, 0.8, 0), (0, -0.8, 0), (0.4, 0, 0), (-0.4, 0, 0), (0, 0, 0.4)):
        picture = drawn(scene, rotation)
        border = np.concatenate(
            [picture[:2].reshape(-1, 3), picture[:, :2].reshape(-1, 3), picture[:, -2:].reshape(-1, 3)]
        )
        assert abs(border[:, 0] - border[:, 2]).max() < 20, rotation


def test_eyes_have_a_pupil_and_a_highlight(scene):
    head = scene.head
    rest, shut = drawn(scene), drawn(scene, eyeBlinkLeft=1, eyeBlinkRight=1)
    where = changed(rest, shut) * SIZE
    assert len(head.landmarks) == 68
    grey = np.array([rest[int(row), int(column)].mean() for row, column in where])
    assert grey.min() < 50 and grey.max() > 200


def test_an_identity_has_its_hair_and_its_skin():
    with Scene((160, 160)) as plain, Scene((160, 160), identity=load_identity("man_c")) as person:
        bald, haired = (s.picture(s.head.vertices).astype(int) for s in (plain, person))
    forehead, crown = slice(40, 60), slice(16, 30)
    assert haired[crown, 70:90].mean() < 70 < bald[crown, 70:90].mean()  # black hair, bright skin
    assert haired[forehead, 70:90].mean() > 120


def test_hair_turns_with_the_head():
    with Scene((160, 160), identity=load_identity("woman_c")) as scene:
        head = scene.head
        turned = head.turned(head.vertices[None], np.array([[0.0, 0.6, 0.0]]))[0].astype(np.float32)
        dark = [np.argwhere(scene.picture(face).max(2) < 40)[:, 1].mean() for face in (head.vertices, turned)]
    assert abs(dark[0] - 80) < 6 and abs(dark[1] - dark[0]) > 3  # more of it on one side


def test_a_smile_creases_the_cheeks_and_rest_leaves_them_smooth(scene):
    head = scene.head
    weights = np.zeros(len(head.channels), np.float32)
    rest = scene.picture(head.vertices).astype(int)
    assert (scene.picture(head.vertices, weights).astype(int) == rest).all()
    weights[[head.channels.index(f"mouthSmile{side}") for side in ("Left", "Right")]] = 1.0
    face = head.pose(weights)
    smooth, creased = (scene.picture(face, given).astype(int) for given in (None, weights))
    darker = (smooth - creased).max(2) > 8
    assert darker.any()
    rows = np.flatnonzero(darker.any(1)) / len(darker)
    assert rows.min() > 0.4  # nothing above the nose
