# SPDX-License-Identifier: GPL-3.0-or-later
"""Hard constraints of the mouth (docs/articulation.md, section 3; JALI's inviolable rules).

Applied last, over emotion: P, B and M close the lips, F and V bring the lower lip to the teeth, sibilants keep the
jaw narrow, vowels open, and the mouth does not hang open in a pause.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mien.channels import INDEX, columns
from mien.engines.articulation import phone_table
from mien.engines.articulation.coarticulation import smooth
from mien.heads.lip_aperture import CLOSED, LEAST_APERTURE, LipAperture
from mien.numeric.mask_runs import runs
from mien.numeric.smoothstep import smoothstep
from mien.speech_analysis.track import INDEX as INDEX_OF_PHONE
from mien.speech_analysis.track import RATE, PhoneTrack, Segment

# s: ramp up, ramp down, least hold of a closure. Tracked lips take 30 and 35 ms (docs/articulation.md, section 1c)
CLOSING, OPENING, HELD = 0.030, 0.035, 0.030
BURST = 0.75  # of a P or B: then the lips part
NARROWEST = 0.3  # for motion that keeps the rules nearly: a closure is enforced in this share of its time
MISSED = 0.004  # m: lips that are so far apart where they must meet are closed at full length
LIKELY = 0.40  # probability from which a contact counts
PAUSE = 0.250  # s: a longer silence is a pause
REST_PAUSE = 1.2  # s: in a longer one the mouth comes to rest; in a shorter one people's lips stay apart
# s: so long after the last phone the mouth begins to rest, and takes; and begins to part, and is apart before the next;
# less, all alike, where a silence is shorter
REST_LATE, REST_CLOSING, REST_OPENING, REST_PARTED, REST_HELD = 0.100, 0.350, 0.350, 0.120, 0.040
BREATH_PAUSE, BREATH_PHRASE = 0.9, 2.0  # s: a breath is drawn after such a pause, before such a phrase
BREATH = (0.45, 0.30, 0.07)  # s before the phrase: begin, length; jaw
BREATH_LEAST, BREATH_MOST = 0.2, 0.55  # probability of a breath from which it is heard, and heard for certain
BREATH_NEAR = 4.0  # s: a breath further from all speech is none of the speaker's
BREATH_FROM_ENDS = 0.12  # s: a take begins and ends at rest, even in the middle of a breath
BREATH_TAPS = 15  # Hann taps at 100 Hz: lips part and close about a breath in some 70 ms
VOWEL, OPEN_VOWEL = 0.070, 0.100  # s: longer ones reach their gap
VOWEL_GAP, OPEN_GAP = 0.003, 0.0085  # m
TEETH_GAP = 0.0026  # m: the most in an F or V, under a fifth of what the lips range over in speech
JAW_SLOWER = 2.0  # factor on the ramps of a closure, of the jaw
JAW = INDEX["jawOpen"]
LOWER_DOWN, UPPER_UP = columns("mouthLowerDown"), columns("mouthUpperUp")
FUNNEL, ROLL_LOWER = INDEX["mouthFunnel"], INDEX["mouthRollLower"]
PRESS = columns("mouthPress")


@dataclass(frozen=True)
class Hold:
    """A closure held over frames [begin, end] (both included) of a P, B, M, F or V."""

    begin: int
    end: int
    phone: str


def holds(track: PhoneTrack) -> list[Hold]:
    """Where the lips (or lip and teeth) must meet, in order of time."""
    closures = []
    for phones in (phone_table.BILABIALS, phone_table.LABIODENTALS):
        for s, last in _contacts(track, phones):
            start, end = s.seconds
            opens = last.begin / RATE + BURST * (end - last.begin / RATE) if last.phone in "PB" else end - 0.015
            stop = max(opens, start + 0.005 + HELD)
            begin = int(np.clip(np.ceil((start + 0.005) * RATE), 0, len(track) - 1))
            closures.append(Hold(begin, int(np.clip(round(stop * RATE), begin, len(track) - 1)), s.phone))
    return sorted(closures, key=lambda hold: hold.begin)


def _contacts(track: PhoneTrack, phones: tuple[str, ...]) -> list[tuple[Segment, Segment]]:
    """Runs in which one of `phones` sounds, each with its last phone, which says how the contact ends.

    A run opens where the track's flag (of a recogniser that gives none, the probability of `phones` together) exceeds
    LIKELY, and lasts above half of that; best guesses count besides. A missed closure is noticed at once, a superfluous
    one hardly.
    """
    members = [INDEX_OF_PHONE[p] for p in phones]
    flag = track.closure if phones == phone_table.BILABIALS else track.labiodental
    likely = track.posteriors[:, members].sum(1) if flag is None else flag
    met = np.zeros(len(track), bool)
    for begin, end in runs(likely > LIKELY / 2):
        met[begin:end] = likely[begin:end].max() > LIKELY
    inside = [s for s in track.segments if s.phone in phones]
    for s in inside:
        met[s.begin : s.end] = True
    contacts = []
    for begin, end in runs(met):
        run = Segment(phones[int(track.posteriors[begin:end, members].sum(0).argmax())], begin, end)
        last = [s for s in inside if s.begin < end and s.end > begin]
        contacts.append((run, last[-1] if last else run))
    return contacts


def ramp(length: int, closures: list[Hold], widths: Sequence[float] | None = None) -> np.ndarray:
    """(T,) 1 in every hold, smoothstep up before and down after; two holds closer than 60 ms stay at 0.6 between.
    `widths`: factors on the duration of up and down, for each hold."""
    t = np.arange(length)
    shape = np.zeros(length)
    for hold, width in zip(closures, widths or [1.0] * len(closures), strict=True):
        distance = np.maximum((hold.begin - t) / (width * CLOSING * RATE), (t - hold.end) / (width * OPENING * RATE))
        shape = np.maximum(shape, smoothstep(1 - distance))
    for one, two in zip(closures, closures[1:], strict=False):
        if 0 <= two.begin - one.end < 0.060 * RATE:
            between = slice(one.end, two.begin + 1)
            shape[between] = np.maximum(shape[between], 0.6)
    return shape


def pauses(track: PhoneTrack, least: float = PAUSE) -> list[Segment]:
    """Silences of more than `least` seconds, and any silence at either end."""
    last = len(track)
    return [
        s
        for s in track.segments
        if s.phone == "SIL" and (s.end - s.begin > least * RATE or s.begin == 0 or s.end == last)
    ]


def rest(track: PhoneTrack, least: float = PAUSE) -> np.ndarray:
    """(T,) how much the mouth rests: 1 in pauses of more than `least` seconds, rising after the last phone, falling
    before the next. At the ends of the sound it rests from (or to) the very frame."""
    shape = np.zeros(len(track))
    t = np.arange(len(track))
    for pause in pauses(track, least):
        first, last = pause.begin == 0, pause.end == len(track)
        needed = (0.0 if first else REST_LATE + REST_CLOSING) + (0.0 if last else REST_PARTED + REST_OPENING)
        length = (pause.end - pause.begin) / RATE
        squeeze = float(np.clip((length - REST_HELD) / needed, 0.05, 1)) if needed else 1.0
        up = 1.0 if first else ((t - pause.begin) / RATE / squeeze - REST_LATE) / REST_CLOSING
        down = 1.0 if last else ((pause.end - t) / RATE / squeeze - REST_PARTED) / REST_OPENING
        shape = np.maximum(shape, smoothstep(np.minimum(up, down)))
    return shape


def breath_share(track: PhoneTrack) -> np.ndarray:
    """(T,) 0 to 1 where somebody is heard to breathe, as far as the recogniser knows."""
    if track.breath is None:
        return np.zeros(len(track))
    from scipy.ndimage import maximum_filter1d  # slow to import: not for the plan of a batch

    spoken = track.posteriors[:, INDEX_OF_PHONE["SIL"]] < 0.5
    near = maximum_filter1d(spoken, 2 * round(BREATH_NEAR * RATE) + 1, mode="constant")
    share = np.clip((track.breath - BREATH_LEAST) / (BREATH_MOST - BREATH_LEAST), 0, 1)
    at = np.arange(len(track))
    from_the_ends = np.minimum(at, len(track) - 1 - at) / (BREATH_FROM_ENDS * RATE)
    return smooth(near * share, BREATH_TAPS) * np.clip(from_the_ends, 0, 1)


def breaths(track: PhoneTrack) -> np.ndarray:
    """(T,) jaw opening of breaths: of those that are heard, and one before each long phrase whose pause has none."""
    audible = breath_share(track)
    jaw = BREATH[2] * audible
    silences = pauses(track)
    for pause, following in zip(silences, [*silences[1:], None], strict=False):
        phrase = ((following.begin if following else len(track)) - pause.end) / RATE
        if (pause.end - pause.begin) / RATE < BREATH_PAUSE or phrase < BREATH_PHRASE:
            continue
        if audible[pause.begin : pause.end].max() > 0.5:
            continue
        begin = pause.end - round(BREATH[0] * RATE)
        span = np.hanning(round(BREATH[1] * RATE))
        jaw[begin : begin + len(span)] += BREATH[2] * span
    return jaw


def constrain(weights: np.ndarray, track: PhoneTrack, gap: LipAperture, jaw_gain: np.ndarray) -> list[Hold]:
    """Bend weights (T, 52) at 100 Hz, in place, until they keep every rule; returns the closures.

    jaw_gain (T,) is the jaw axis: a mumbler's vowels need not open as far.
    """
    _narrow_sibilants(weights, track)
    _open_vowels(weights, track, gap, jaw_gain)
    _rest(weights, track, gap, rest(track, REST_PAUSE))
    closures = holds(track)
    teeth, lips = _of_teeth(closures), _of_lips(closures)
    _lip_to_teeth(weights, ramp(len(weights), teeth), gap)
    weights[:, JAW] = smooth(weights[:, JAW], 5)
    weights[:, JAW] *= 1 - 0.35 * ramp(len(weights), lips, [JAW_SLOWER] * len(lips))
    _close(weights, lips, gap)
    gap.widen(weights, LEAST_APERTURE)
    return closures


def _of_teeth(closures: list[Hold]) -> list[Hold]:
    return [hold for hold in closures if hold.phone in phone_table.LABIODENTALS]


def _of_lips(closures: list[Hold]) -> list[Hold]:
    return [hold for hold in closures if hold.phone in phone_table.BILABIALS]


def _narrow_sibilants(weights: np.ndarray, track: PhoneTrack) -> None:
    for s in track.segments:
        if s.phone in phone_table.SIBILANTS and s.end - s.begin >= 4:
            inside = slice(s.begin + 1, s.end - 1)
            weights[inside, JAW] = np.minimum(weights[inside, JAW], 0.08)


def _open_vowels(weights: np.ndarray, track: PhoneTrack, gap: LipAperture, jaw_gain: np.ndarray) -> None:
    for s in track.segments:
        if s.phone not in phone_table.VOWELS or s.end - s.begin <= VOWEL * RATE:
            continue
        wide = s.phone in phone_table.OPEN_VOWELS and s.end - s.begin >= OPEN_VOWEL * RATE
        frames = slice(s.begin, s.end)
        now = gap.of(weights[frames])
        peak = int(now.argmax())
        ease = min(1.0, float(jaw_gain[s.begin + peak]))
        short = (OPEN_GAP if wide else VOWEL_GAP) * ease - now[peak]
        if short > 0:
            x = np.arange(s.end - s.begin) - peak
            length = max(peak + 1, s.end - s.begin - peak)
            weights[frames, JAW] += short / gap.jaw * (0.5 + 0.5 * np.cos(np.pi * x / length))


def _rest(weights: np.ndarray, track: PhoneTrack, gap: LipAperture, still: np.ndarray) -> None:
    opening = np.maximum(gap.of(weights), gap.neutral)
    breath = np.minimum(breaths(track), still)
    weights[:, JAW] = weights[:, JAW] * (1 - still) + breath
    weights[:, FUNNEL] *= 1 - still
    inhale = breath * gap.jaw
    gap.narrow(weights, opening * (1 - still) + gap.neutral * still + inhale)


def _lip_to_teeth(weights: np.ndarray, meet: np.ndarray, gap: LipAperture) -> None:
    weights[:, ROLL_LOWER] = np.maximum(weights[:, ROLL_LOWER], 0.5 * meet)
    weights[:, UPPER_UP] = np.maximum(weights[:, UPPER_UP], 0.18 * meet[:, None])
    weights[:, LOWER_DOWN] *= 1 - meet[:, None]
    weights[:, FUNNEL] *= 1 - 0.6 * meet
    jaw = weights[:, JAW] * (1 - 0.25 * meet)
    weights[:, JAW] = np.where(meet > 0, np.minimum(jaw, 0.10 + (1 - meet)), jaw)
    now = gap.of(weights)
    gap.narrow(weights, now + (np.minimum(now, TEETH_GAP) - now) * meet)


def _close(weights: np.ndarray, closures: list[Hold], gap: LipAperture) -> None:
    shut = ramp(len(weights), closures)
    of_m = ramp(len(weights), [hold for hold in closures if hold.phone == "M"])
    press = np.where(of_m >= shut, 0.12, 0.18) * shut
    weights[:, LOWER_DOWN] *= 1 - shut[:, None]
    weights[:, UPPER_UP] *= 1 - shut[:, None]
    weights[:, FUNNEL] *= 1 - 0.85 * shut
    weights[:, ROLL_LOWER] = np.maximum(weights[:, ROLL_LOWER], 0.12 * shut)
    weights[:, PRESS] = np.maximum(weights[:, PRESS], press[:, None])
    now = np.maximum(gap.of(weights), CLOSED)
    gap.narrow(weights, now * (1 - shut) + CLOSED * shut)
    meeting = shut > 0.5  # where the lips would cross, they only meet
    bent = weights[meeting]
    gap.widen(bent, CLOSED)
    weights[meeting] = bent
