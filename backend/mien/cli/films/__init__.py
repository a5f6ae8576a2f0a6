# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands around films that Mien makes: landmarks, provenance, and the consent of whom they show."""
