# SPDX-License-Identifier: GPL-3.0-or-later
"""The tongue of a take: shapes that the phones of a voice ask for, on any engine's motion of the jaw."""
