# SPDX-License-Identifier: GPL-3.0-or-later
"""Which models and heads are here, and which a user may bring."""
