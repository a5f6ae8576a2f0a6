# SPDX-License-Identifier: GPL-3.0-or-later
"""One voice made into many: vocal effort, pauses, vocal-tract and pitch warps."""
