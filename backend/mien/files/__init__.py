# SPDX-License-Identifier: GPL-3.0-or-later
"""File formats: read strictly, written whole."""
