# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies on the timeline beside takes: the idle between lines, and the words of a line."""
