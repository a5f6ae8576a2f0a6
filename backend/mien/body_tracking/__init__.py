# SPDX-License-Identifier: GPL-3.0-or-later
"""A person's body in a picture: 33 points of the pose, 21 of each hand, and which pixels are the person."""
