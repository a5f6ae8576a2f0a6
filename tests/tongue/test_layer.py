# SPDX-License-Identifier: GPL-3.0-or-later
"""The tongue by phones: each phone its articulator, with ramps, at any frame rate, on takes of channels alone."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from mien.channels import ARKIT
from mien.direction import Direction, constant
from mien.heads.default import load_head
from mien.speech_analysis.track import PHONES, PhoneTrack
from mien.take import Take, frame_count, read_take
from mien.tongue.contacts import NAMES
from mien.tongue.layer import BACK, FORWARD, TIP, at_frames, ramped, shares, with_tongue

from addon.formats.take import read_take as read_in_blender

HEAD = load_head()
WORDS = [("SIL", 0.3), ("TH", 0.1), ("AA", 0.3), ("K", 0.08), ("AA", 0.3), ("N", 0.08), ("AA", 0.3), ("SIL", 0.3)]


def take_of(track: PhoneTrack, fps: int = 25, jaw: float = 0.15, **fields) -> Take:
    duration = Fraction(len(track), 100)
    frames = frame_count(duration, fps)
    weights = np.zeros((frames, 52), np.float32)
    weights[:, ARKIT.index("jawOpen")] = jaw
    still = np.zeros((frames, 3), np.float32)
    return Take(Fraction(fps), duration, still, ARKIT, weights, **fields)


def at(take: Take, seconds: float) -> np.ndarray:
    assert take.tongue is not None
    return take.tongue[round(seconds * float(take.fps))]


def test_each_phone_moves_its_part_of_the_tongue() -> None:
    track = PhoneTrack.from_segments(WORDS)
    take = with_tongue(take_of(track), track, Direction(), HEAD)
    assert take.tongue_names == NAMES and take.tongue.dtype == np.float32
    th, k, n = at(take, 0.35), at(take, 0.74), at(take, 1.12)
    assert th[2] > 0.6 and th[0] < 0.2 and th[1] == 0
    assert k[1] > 0.6 and k[0] == k[2] == 0
    assert n[0] > 0.4 and n[1] == n[2] == 0
    assert not at(take, 0.1).any() and not at(take, 0.56).any() and not at(take, 1.7).any()


@pytest.mark.parametrize("fps", [24, 25, 60, 100])
def test_every_closure_is_seen_at_every_rate(fps: int) -> None:
    for begin in np.arange(0.2, 0.3, 0.007):
        track = PhoneTrack.from_segments([("AA", float(begin)), ("D", 0.03), ("AA", 0.4)])
        take = with_tongue(take_of(track, fps), track, Direction(), HEAD)
        full = with_tongue(take_of(track, 100), track, Direction(), HEAD).tongue[:, 0].max()
        assert take.tongue[:, 0].max() > 0.9 * full


def test_ramps_take_as_long_as_the_table_says() -> None:
    track = PhoneTrack.from_segments([("AA", 0.5), ("L", 0.1), ("AA", 0.5)])
    share = shares(track, TIP)
    moving = np.flatnonzero(share > 0)
    assert share.max() == 1.0 and (share[50:60] == 1.0).all()
    assert 0.12 <= (moving[-1] - moving[0] + 1) / 100 - 0.1 <= 0.16  # 80 ms on both sides
    assert np.abs(np.diff(share)).max() < 0.25
    assert (ramped(share, 0.05) >= share).all()


def test_likely_phones_count_and_unlikely_ones_hardly() -> None:
    posteriors = np.full((60, len(PHONES)), 0.5 / (len(PHONES) - 1), np.float32)
    posteriors[:, PHONES.index("AA")] = 0.5
    track = PhoneTrack(posteriors, ())
    assert max(shares(track, phones).max() for phones in (TIP, BACK, FORWARD)) < 0.05


def test_soft_lips_move_the_tongue_less_and_no_phone_has_two_names() -> None:
    track = PhoneTrack.from_segments(WORDS)
    soft = with_tongue(take_of(track), track, Direction(lips=constant(0.5)), HEAD).tongue
    full = with_tongue(take_of(track), track, Direction(lips=constant(1.6)), HEAD).tongue
    assert 0.3 < soft[:, 1].max() / full[:, 1].max() < 0.7
    assert {*TIP, *BACK, *FORWARD} <= set(PHONES)


def test_takes_of_vertices_and_of_other_channels_stay_as_they_are() -> None:
    track = PhoneTrack.from_segments(WORDS)
    still = np.zeros((44, 3), np.float32)
    vertices = Take(Fraction(25), Fraction(176, 100), still, offsets=np.zeros((44, 7, 3), np.float32))
    assert with_tongue(vertices, track, Direction(), HEAD) is vertices
    few = Take(Fraction(25), Fraction(176, 100), still, ("jawOpen",), np.zeros((44, 1), np.float32))
    assert with_tongue(few, track, Direction(), HEAD) is few


def test_the_file_holds_it_and_both_readers_read_it() -> None:
    track = PhoneTrack.from_segments(WORDS)
    take = with_tongue(take_of(track), track, Direction(), HEAD)
    data = take.to_bytes()
    back = read_take(data)
    np.testing.assert_array_equal(back.tongue, take.tongue)
    assert back.tongue_names == NAMES and back.channels == ARKIT and back.to_bytes() == data
    seen = read_in_blender(data)
    assert seen.channels == (*ARKIT, *NAMES)
    np.testing.assert_array_equal(seen.weights[:, 52:], take.tongue)
    assert take.resample(50).tongue.shape == (88, 3)


def test_the_head_shows_it() -> None:
    track = PhoneTrack.from_segments(WORDS)
    without = take_of(track)
    moved = np.linalg.norm(HEAD.faces(with_tongue(without, track, Direction(), HEAD)) - HEAD.faces(without), axis=2)
    tongue = np.unique(HEAD.quads[HEAD.quad_part == HEAD.parts.index("tongue")])
    assert moved[:, tongue].max() > 0.008
    assert not np.delete(moved, tongue, axis=1).any()


def test_frames_beyond_the_track_hold_its_end() -> None:
    track = PhoneTrack.from_segments([("AA", 0.2), ("T", 0.1)])
    values = at_frames(shares(track, TIP), take_of(PhoneTrack.from_segments([("AA", 1.0)])))
    assert len(values) == 25 and values[-1] == values[10]
