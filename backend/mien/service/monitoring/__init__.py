# SPDX-License-Identifier: GPL-3.0-or-later
"""The log, and statistics of requests and jobs."""
