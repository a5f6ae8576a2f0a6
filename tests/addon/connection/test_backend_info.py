# SPDX-License-Identifier: GPL-3.0-or-later
"""A backend's info as text; client.info() reads it from a reply (test_client.py)."""

from addon.connection.backend_info import BackendInfo, EngineInfo, MissingPart, info_from_text, info_to_text


def test_info_survives_its_text() -> None:
    missing = (MissingPart("Bring it.", "https://example.org"),)
    engine = EngineInfo("other", "2", ("happy",), ("clear",), "GPL", missing, ("face",))
    info = BackendInfo(
        "http://10.0.0.1:8642", "0.1.0", "cpu", (engine,), "other", {"seconds": 600.0}, learnt=(("persona/ada", "ab"),)
    )
    assert info_from_text(info_to_text(info)) == info


def test_text_of_another_version_gives_none() -> None:
    for text in ("", "{", "[]", '{"engines": [{"name": 1}]}', '{"engines": [], "speed": 3}'):
        assert info_from_text(text) is None
