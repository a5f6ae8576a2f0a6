# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains stage 1 of PersonaTalk on synthetic speakers: voices that are performed, and mouths that are made up."""
