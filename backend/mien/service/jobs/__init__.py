# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs from their request to their result: queue, cache, database, dispatcher."""
