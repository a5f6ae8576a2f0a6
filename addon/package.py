# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension's own package name: `bl_ext.<repository>.mien` when installed, `addon` in tests."""

NAME = str(__package__)
