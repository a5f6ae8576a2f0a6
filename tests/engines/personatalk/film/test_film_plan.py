# SPDX-License-Identifier: GPL-3.0-or-later
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from mien.engines.personatalk.film.film_plan import FINE_TICKS, PART, FilmPlan

RATE = Fraction(30000, 1001)
PLAN = FilmPlan([i / RATE for i in range(1000)], RATE, True, Path("a.mp4"), Fraction(0), Path("a.wav"), {})


def test_parts_have_every_picture_once() -> None:
    parts = PLAN.parts
    assert [number for part in parts for number in part] == list(range(1000))
    assert {len(part) for part in parts[:-1]} == {round(PART * RATE)} and len(parts[-1]) <= len(parts[0])


def test_ticks_are_pictures_or_fine() -> None:
    assert PLAN.ticks(7) * PLAN.tick == PLAN.times[7] and PLAN.end == 1000 / RATE
    loose = replace(PLAN, times=[Fraction(i * i, 100) for i in range(9)], steady=False)
    assert loose.tick == Fraction(1, FINE_TICKS) and loose.ticks(3) * loose.tick == loose.times[3]
