# SPDX-License-Identifier: GPL-3.0-or-later
"""Films that the backend makes: a dubbed movie strip, a picture that speaks."""
