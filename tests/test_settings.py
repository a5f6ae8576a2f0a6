# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest
from mien.settings import NAMES, READERS, Settings, SettingsError


def test_a_flag_comes_before_the_environment_and_that_before_the_default() -> None:
    environ = {"MIEN_PORT": "9000", "MIEN_LIMIT_SECONDS": "12.5"}
    settings = Settings.read(environ, port=0, host=None)
    assert (settings.port, settings.limit_s, settings.host) == (0, 12.5, "127.0.0.1")


def test_an_empty_variable_is_as_good_as_none() -> None:
    assert Settings.read({"MIEN_PORT": ""}) == Settings()


def test_every_field_has_its_names_and_its_reader() -> None:
    named = {field.name for field in fields(Settings)}
    assert named == set(NAMES) == set(READERS)
    assert len({name for pair in NAMES.values() for name in pair}) == 2 * len(named)


def test_settings_cannot_be_changed_on_the_way() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().port = 1


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("MIEN_PORT", "web", "MIEN_PORT is 'web'; give a whole number from 0 to 65535"),
        ("MIEN_PORT", "65536", "from 0 to 65535"),
        ("MIEN_LIMIT_SECONDS", "0", "a number of seconds above 0"),
        ("MIEN_LIMIT_SECONDS", "nan", "a number of seconds above 0"),
        ("MIEN_LIMIT_BYTES", "1e9", "MIEN_LIMIT_BYTES is '1e9'; give a number of bytes, as in 500M or 4G, from 1"),
        ("MIEN_CACHE_BYTES", "4 giraffes", "as in 500M or 4G, from 1"),
        ("MIEN_MEMORY_BYTES", "-1", "from 0"),
        ("MIEN_QUEUE", "0", "from 1 to 1000"),
        ("MIEN_HOST", "my-machine", "give an address like 127.0.0.1"),
        ("MIEN_HOST", "0.0.0.0", "which other machines can reach. Add --lan"),
        ("MIEN_LAN", "perhaps", "MIEN_LAN is 'perhaps'; give 1 or 0"),
        ("MIEN_NAMES", "gpu.studio,http://gpu", "has 'http://gpu'; give names of this machine"),
        ("MIEN_CONNECTIONS", "1", "from 8 to 100000"),
    ],
)
def test_a_wrong_value_is_named_with_what_it_may_be(variable: str, value: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        Settings.read({variable: value})


def test_a_wrong_flag_is_named_by_the_flag() -> None:
    with pytest.raises(SettingsError, match="--port is '-1'"):
        Settings.read({}, port=-1)


@pytest.mark.parametrize(
    ("text", "count"), [("4096", 4096), ("2G", 2 << 30), ("1.5 GiB", 3 << 29), ("500mb", 500 << 20), ("64K", 1 << 16)]
)
def test_a_size_may_have_a_unit(text: str, count: int) -> None:
    assert Settings.read({"MIEN_CACHE_BYTES": text}).cache_bytes == count


def test_localhost_and_the_home_folder_are_understood() -> None:
    settings = Settings.read({}, host="localhost", data_folder="~/mien")
    assert settings.host == "127.0.0.1"
    assert settings.data_folder == Path.home() / "mien"


def test_with_lan_every_address_is_served_unless_one_is_named() -> None:
    assert (Settings.read({}, lan=True).host, Settings.read({}).host) == ("0.0.0.0", "127.0.0.1")
    assert Settings.read({"MIEN_LAN": "1"}, host="192.168.1.5").host == "192.168.1.5"
    assert Settings.read({"MIEN_LAN": "no"}).lan is False
    assert Settings.read({"MIEN_NAMES": " GPU.studio, gpu ,"}).names == ("gpu.studio", "gpu")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "fe80::1"])
def test_other_machines_are_not_let_in_without_a_token(host: str) -> None:
    with pytest.raises(SettingsError, match=f"--host or MIEN_HOST is {host}, .* Add --lan"):
        Settings.read({}, host=host)


def test_a_setting_that_does_not_exist_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(TypeError, match="speed"):
        Settings.read({}, speed=3)
