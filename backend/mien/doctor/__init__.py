# SPDX-License-Identifier: GPL-3.0-or-later
"""`mien doctor`: what this machine or a backend has and lacks."""
