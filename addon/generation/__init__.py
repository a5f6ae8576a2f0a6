# SPDX-License-Identifier: GPL-3.0-or-later
"""Generation: from a line to requests, through the backend, to takes in the scene."""
