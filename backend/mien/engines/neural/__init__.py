# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engines that were trained have in common: the motion they speak of, what they hear and are told, how they
are trained, and the rules that end a take."""
