# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
from mien.body_tracking import networks
from mien.face_tracking import TrackingError

SHAPES = {
    "pose_detection": (1, 224, 224, 3),
    "pose_landmark_full": (1, 256, 256, 3),
    "hand_landmark_full": (1, 224, 224, 3),
    "hand_recrop": (1, 256, 256, 3),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_network_takes_pictures_of_its_size(name) -> None:
    assert networks.load_network(name).input_shape == SHAPES[name]


def test_the_card_names_every_network_and_its_licence() -> None:
    assert set(networks.card()["members"]) == {f"{name}.tflite" for name in SHAPES}
    assert networks.card()["licence"] == "Apache-2.0"
    assert len(networks.networks_digest()) == 64


def test_another_file_is_refused(tmp_path, monkeypatch) -> None:
    networks.card()
    (tmp_path / "hand_recrop.tflite").write_bytes(b"something else")
    monkeypatch.setattr(networks, "CARD", tmp_path / "body_tracking.card.json")
    with pytest.raises(TrackingError, match="not the file that its card describes"):
        networks.load_network("hand_recrop")
    with pytest.raises(TrackingError, match="is missing"):
        networks.load_network("pose_detection")
