# SPDX-License-Identifier: GPL-3.0-or-later
"""Backends are entered, announced, used, trusted and forgotten; Blender's preferences remember them."""

import bpy
import pytest
from fake_backend import FakeBackend

from addon.connection import discovery
from addon.connection.backend_info import info_from_text
from addon.connection.credentials import Credential, credentials
from addon.generation.runner import runner
from addon.ui import backend_panel


@pytest.fixture
def settings(monkeypatch):
    """The extension's preferences, as where it is installed; Blender may not go online."""
    entry = bpy.context.preferences.addons.new()
    entry.module = "addon"
    backend_panel._announced.clear()
    yield entry.preferences
    bpy.context.preferences.addons.remove(entry)
    credentials.clear()


@pytest.fixture
def backend():
    with FakeBackend() as server:
        yield server


def look() -> str:
    """Look, as the button does, and wait for the result."""
    bpy.ops.mien.check_backend()
    return wait_for_look()


def wait_for_look() -> str:
    runner._background.join(30)
    runner._drain()
    return runner.state.backend


def test_a_backend_that_answers_is_remembered_with_its_info(settings, backend) -> None:
    settings.address = backend.address
    assert look() == f"Mien 0.1.0 at {backend.address}, on cpu"
    entry = settings.entry(backend.address)
    assert info_from_text(entry.info) == runner.state.info and entry.used > 0
    assert bpy.context.preferences.is_dirty


def test_remembered_info_is_shown_before_any_backend_is_contacted(settings, backend) -> None:
    settings.address = backend.address
    look()
    runner.state = type(runner.state)()
    backend_panel.register()
    assert runner.state.info.default_engine == "toy" and runner.state.backend.startswith("Last seen: Mien 0.1.0")


def test_an_invitation_is_split_and_its_token_is_not_in_the_address(settings, backend) -> None:
    backend.token = "mien-secret"
    settings.address = f"{backend.address}/#token=mien-secret"
    assert settings.address == backend.address
    assert credentials.of(settings.address) == Credential("mien-secret")
    assert look().startswith("Mien 0.1.0")
    settings.address = f"{backend.address}/"
    assert look().startswith("Mien 0.1.0"), "the credential is kept"


def test_a_backend_that_asks_for_a_token_is_given_the_one_typed(settings, backend) -> None:
    backend.token, settings.address = "mien-secret", backend.address
    assert look() == "This backend asks for a token."
    entry = settings.entry(backend.address)
    assert entry.token_wanted and runner.state.info is None or runner.state.info.address != backend.address
    assert entry.bl_rna.properties["token"].subtype == "PASSWORD"
    entry.token = "mien-secret"
    assert look().startswith("Mien 0.1.0") and not settings.entry(backend.address).token_wanted


def test_an_announced_backend_is_used_with_a_click_and_again_after_it_moved(settings, backend, monkeypatch) -> None:
    backend.token = "mien-secret"
    bpy.ops.mien.use_backend(address=backend.address, name="Mien on gpu", token_wanted=True)
    wait_for_look()
    assert settings.address == backend.address
    entry = settings.entry(backend.address)
    assert entry.token_wanted and entry.title == "Mien on gpu"
    entry.token = "mien-secret"
    with FakeBackend() as moved:
        moved.token = "mien-secret"
        bpy.ops.mien.use_backend(address=moved.address, name="Mien on gpu", token_wanted=True)
        assert wait_for_look().startswith("Mien 0.1.0"), "the same token, at another port"
        assert [entry.address for entry in settings.known] == [moved.address]


def test_another_api_version_is_refused_with_both_numbers(settings, backend) -> None:
    newer = discovery.AnnouncedBackend("Mien on new", "http://127.0.0.1:9", "2")
    backend_panel._announced[:] = [newer]
    (row,) = backend_panel.backend_list.rows([], backend_panel._announced, "", "")
    with pytest.raises(RuntimeError, match="speaks API version 2 and this extension version 1"):
        bpy.ops.mien.use_backend(address=row.address, name=row.name, refusal=row.refusal)
    backend.api, backend.header_api, settings.address = 2, "2", backend.address
    assert "speaks API version 2 and this extension speaks version 1" in look()


def test_a_certificate_is_trusted_after_a_look(settings, backend) -> None:
    """Refusals are tested with a real server; here, what the preferences keep."""
    assert "press Look first" in backend_panel.MIEN_OT_trust_backend.disabled_reason(bpy.context)
    settings.address = "https://127.0.0.1:9"
    refused = backend_panel.Untrusted("not known yet", "ab" * 32, "")
    backend_panel._show_result(settings.address, None, refused, None)
    entry = settings.entry(settings.address)
    assert (entry.offered, entry.sha256) == ("ab" * 32, "")
    bpy.ops.mien.trust_backend()
    wait_for_look()
    entry = settings.entry(settings.address)
    assert (entry.offered, entry.sha256) == ("", "ab" * 32) and credentials.of(settings.address).sha256 == "ab" * 32


def test_a_backend_is_forgotten_with_its_key(settings, backend) -> None:
    settings.address = f"{backend.address}/#token=mien-secret"
    bpy.ops.mien.forget_backend(address=backend.address)
    assert not settings.known and credentials.of(backend.address) == Credential()
    assert bpy.ops.mien.forget_backend(address=backend.address) == {"CANCELLED"}


def test_a_backend_elsewhere_is_left_alone_while_blender_is_offline(settings, monkeypatch) -> None:
    if bpy.app.online_access:
        pytest.skip("this Blender may go online")
    settings.address = "http://10.0.0.1:8642"
    assert "allow online access" in backend_panel.address_refusal(bpy.context)
    with pytest.raises(RuntimeError, match="allow online access"):
        bpy.ops.mien.check_backend()
    with pytest.raises(RuntimeError, match="allow online access"):
        bpy.ops.mien.use_backend(address="http://10.0.0.2:8642", name="Mien on gpu")

    def never(*_):
        raise AssertionError("no packet is sent")

    monkeypatch.setattr(discovery, "browse", never)
    backend_panel.browse()
    assert not runner.working_in_background


def test_nobody_there_is_a_sentence(settings) -> None:
    settings.address, settings.start_own = "http://127.0.0.1:9", False
    assert look() == (
        "No backend answers at http://127.0.0.1:9 (Connection refused). Start one with 'mien serve', or correct the "
        "address."
    )


def test_credentials_are_loaded_when_the_extension_starts(settings, backend) -> None:
    from addon.connection import preferences

    settings.address = f"{backend.address}/#token=mien-secret"
    credentials.clear()
    preferences.register()
    assert credentials.of(backend.address) == Credential("mien-secret")
