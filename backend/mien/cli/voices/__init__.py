# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands on what a voice tells, besides takes."""
