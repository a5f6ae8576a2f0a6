# SPDX-License-Identifier: GPL-3.0-or-later
"""Recognises shape keys by name: the naming scheme, the source of each key, and the keys that are left. No bpy."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ..formats.channels import ARKIT, folded, stripped
from .key_table import Row, channels_of, source_text, terms, visemes_of
from .naming_schemes import SCHEMES, VISEME_PREFIXES, VISEMES, VisemeSet
from .viseme_mix import SPEECH_CHANNELS

MOUTHS = ("AUTO", "CHANNELS", "VISEMES")  # what moves the mouth where a mesh has keys for both
ENOUGH_MOUTH_KEYS = 10  # SPEECH_CHANNELS with keys of their own from which on keys for visemes are left alone
# Channel without a key -> (channel whose key replaces it, share): both are the work of the same muscles, and the share
# explains at least half of the channel's movement on the default head (least squares over its vertices; a test repeats
# it).
SUBSTITUTES = {
    "mouthFunnel": ("mouthPucker", 0.49),
    "mouthPucker": ("mouthFunnel", 1.03),
    "mouthDimpleLeft": ("mouthSmileLeft", 0.33),
    "mouthDimpleRight": ("mouthSmileRight", 0.33),
}
# mouthClose 1 closes the lips of the default head by as much as this jawOpen opens them: 37.7 mm of 36.7.
JAW_OPEN_PER_MOUTH_CLOSE = 1.03


@dataclass(frozen=True)
class Recognition:
    """rows: the table of the keys that are driven; scheme: name of their naming scheme, '' for none; missing: channels
    that no key shows; notes: sentences on keys that could be driven and are not."""

    rows: tuple[Row, ...]
    scheme: str
    missing: tuple[str, ...]
    notes: tuple[str, ...]


def recognise(names: Iterable[str], part: bool = False, mouth: str = "AUTO") -> Recognition:
    """The table of a mesh by the names of its keys. part: the mesh is a part of a speaker, teeth or a tongue, in which
    no other key replaces a missing one. mouth: of MOUTHS; AUTO takes the channels where there are enough of them."""
    return _recognise(tuple(names), part, mouth)


@lru_cache(64)  # called whenever the sidebar is drawn
def _recognise(names: tuple[str, ...], part: bool, mouth: str) -> Recognition:
    direct, ambiguous = _direct(names)
    mouth_rows = [row for row in direct.values() if set(channels_of([row])) & set(SPEECH_CHANNELS)]
    few = len(channels_of(mouth_rows) & set(SPEECH_CHANNELS)) < ENOUGH_MOUTH_KEYS
    best_set = _visemes(names) if mouth == "VISEMES" or (mouth == "AUTO" and few) else None
    if best_set is not None:
        visemes, keys = best_set
        direct = _direct(name for name in names if name not in keys)[0]
        own_rows = {key: row for key, row in direct.items() if not _moves_mouth(row)}
        twice = tuple(key for key in direct if key not in own_rows)
        rows = (*(Row(key, source) for key, source in keys.items()), *own_rows.values())
        scheme = visemes.name
        notes = [f"These would move the mouth twice, beside its visemes: {short_list(twice)}."] if twice else []
    else:
        rows = tuple(direct.values())
        scheme = _commonest_scheme(rows)
        other_set = _visemes(name for name in names if name not in direct)
        notes = []
        if rows and other_set is not None:
            left = short_list(tuple(other_set[1]))
            notes.append(f"Keys for visemes were left, as the mouth has keys of its own: {left}.")
        if not part:
            rows = _with_substitutes(rows)
    if ambiguous:
        notes.append(f"Two keys share a name but for its spelling, so these were left: {short_list(ambiguous)}.")
    return Recognition(rows, scheme if rows else "", missing_channels(rows), tuple(notes))


def missing_channels(rows: Sequence[Row]) -> tuple[str, ...]:
    """The channels that no row of a table shows; visemes show SPEECH_CHANNELS."""
    shown = channels_of(rows) | (set(SPEECH_CHANNELS) if visemes_of(rows) else set())
    return tuple(name for name in ARKIT if name not in shown)


def short_list(names: Sequence[str]) -> str:
    """The first five names, and the number of the others."""
    text = ", ".join(names[:5])
    return text if len(names) <= 5 else f"{text} and {len(names) - 5} more"


def _direct(names: Iterable[str]) -> tuple[dict[str, Row], tuple[str, ...]]:
    """(key -> row of the keys named after channels, keys that share a folded name)."""
    by_folded_name: dict[str, list[str]] = {}
    for name in names:
        by_folded_name.setdefault(folded(name), []).append(name)
    rows: dict[str, Row] = {}
    ambiguous: list[str] = []
    covered: set[str] = set()
    for scheme in SCHEMES:
        shown_channels: set[str] = set()
        for name, source in scheme.keys.items():
            channels = {channel for channel, _ in terms(source)}
            candidates = [key for key in by_folded_name.get(name, ()) if key not in rows]
            # A channel may have several keys of its own, lips in quarters; a key that sums channels gives way to them.
            if not candidates or channels & (covered | shown_channels if len(channels) > 1 else covered):
                continue
            exact = [key for key in candidates if key == source]
            if len(candidates) > 1 and not exact:
                ambiguous += candidates
                continue
            rows[(exact or candidates)[0]] = Row((exact or candidates)[0], source)
            shown_channels |= channels
        covered |= shown_channels
    return rows, tuple(dict.fromkeys(ambiguous))


def _moves_mouth(row: Row) -> bool:
    """Whether a key moves what visemes move; smiles and the tongue go further than visemes and keep their keys."""
    channels = {name for name in channels_of([row]) if not name.startswith(("mouthSmile", "tongue"))}
    return bool(channels & set(SPEECH_CHANNELS))


def _visemes(names: Iterable[str]) -> tuple[VisemeSet, dict[str, str]] | None:
    """The viseme set that most keys belong to, with one prefix, and key -> source; None where no set has enough."""
    by_stripped_name: dict[str, str] = {}
    for name in names:
        by_stripped_name.setdefault(stripped(name), name)
    best: tuple[int, float, VisemeSet, dict[str, str]] | None = None
    for prefix in VISEME_PREFIXES:
        for visemes in VISEMES:
            keys = {}
            for spellings, phones in visemes.phones.items():
                spelling = next((name for name in spellings if prefix + name in by_stripped_name), None)
                if spelling is not None:
                    keys[by_stripped_name[prefix + spelling]] = f"/{phones}/"
            rank = (len(keys), len(keys) / len(visemes.phones))
            if len(keys) >= visemes.least and (best is None or rank > best[:2]):
                best = (*rank, visemes, keys)
    return best[2:] if best is not None else None


def _commonest_scheme(rows: Sequence[Row]) -> str:
    """The name of the scheme that most of the rows' keys belong to."""
    keys = {folded(row.key) for row in rows}
    return max(SCHEMES, key=lambda scheme: len(keys & set(scheme.keys))).name


def _with_substitutes(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows, with channels that have no key added to the keys that replace them."""
    sources = {row.key: dict(terms(row.source)) for row in rows}
    shown = channels_of(rows)
    for channel, (other, share) in SUBSTITUTES.items():
        if channel not in shown:
            for source in (source for source in sources.values() if other in source):
                source[channel] = share * source[other]
    if "mouthClose" not in shown:
        for source in (source for source in sources.values() if "jawOpen" in source):
            source["mouthClose"] = -JAW_OPEN_PER_MOUTH_CLOSE * source["jawOpen"]
    return tuple(Row(row.key, source_text(sources[row.key].items())) for row in rows)
