# SPDX-License-Identifier: GPL-3.0-or-later
"""The processes that do the work, and the server's side of them."""
