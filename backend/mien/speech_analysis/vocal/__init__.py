# SPDX-License-Identifier: GPL-3.0-or-later
"""What a voice tells of how strongly somebody feels, and a little of what."""
