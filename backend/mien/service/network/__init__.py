# SPDX-License-Identifier: GPL-3.0-or-later
"""How a backend is reached: addresses, mDNS, TLS, tokens."""
