# SPDX-License-Identifier: GPL-3.0-or-later
"""From Generate to the scene."""
