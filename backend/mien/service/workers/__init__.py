# SPDX-License-Identifier: GPL-3.0-or-later
"""Child processes that do the work, and the server's side of them."""
