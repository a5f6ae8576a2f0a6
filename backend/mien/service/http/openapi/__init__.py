# SPDX-License-Identifier: GPL-3.0-or-later
"""The description of the HTTP API, as OpenAPI."""
