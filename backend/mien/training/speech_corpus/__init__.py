# SPDX-License-Identifier: GPL-3.0-or-later
"""The speech corpus: synthesised speech with the time of every phone, which the phone recogniser is trained on."""
