# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures kept as sums, so that those of many sequences add up."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True)
class Sums:
    """Base of a dataclass of sums; two of them add up."""

    def __add__(self, other: Self) -> Self:
        return type(self)(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


def mean(total: float, count: int) -> float:
    """total / count; NaN where count is 0."""
    return total / count if count else float("nan")
