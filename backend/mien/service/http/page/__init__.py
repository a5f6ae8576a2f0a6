# SPDX-License-Identifier: GPL-3.0-or-later
"""The backend's page at `/` of `mien serve`: static files without a build step, and the routes that only they use.

These routes are no part of API v1: they change with the page.
"""
