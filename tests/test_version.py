# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension and the backend of one checkout have one version, which the changelog knows."""

import tomllib

import mien
from checkout import ROOT


def test_one_version() -> None:
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    assert manifest["version"] == mien.__version__
    assert mien.__version__ in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
