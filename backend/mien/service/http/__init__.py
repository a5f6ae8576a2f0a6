# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP API v1: routes, middleware, problems, description."""
