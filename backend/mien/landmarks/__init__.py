# SPDX-License-Identifier: GPL-3.0-or-later
"""Where landmark tracks come from: speech and takes, photos and films of people."""
