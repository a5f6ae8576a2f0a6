# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection to the backend: client, discovery, credentials, the local process. No bpy but in preferences.py."""
