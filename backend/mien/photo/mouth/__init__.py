# SPDX-License-Identifier: GPL-3.0-or-later
"""The mouth of a photo: cavity and tongue, and both rows of teeth, its own where it shows them."""
