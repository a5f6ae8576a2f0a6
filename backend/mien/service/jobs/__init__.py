# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs from their submission to their result: scheduler, queue, database, file cache."""
