# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound files, and speech as the rest of Mien takes it."""
