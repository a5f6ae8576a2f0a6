# SPDX-License-Identifier: GPL-3.0-or-later
"""What library overrides of linked characters keep: what is set on them, and lists that grew (measured: 4.2 to 5.2).
No bpy."""

KEPT = {"LIBRARY_OVERRIDABLE"}
GROWING = {"LIBRARY_OVERRIDABLE", "USE_INSERTION"}
