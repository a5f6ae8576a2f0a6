# SPDX-License-Identifier: GPL-3.0-or-later
"""Many at once: on this machine's cores."""
