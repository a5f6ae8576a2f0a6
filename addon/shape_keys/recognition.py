# SPDX-License-Identifier: GPL-3.0-or-later
"""A mesh's keys by their names: which scheme they are of, what of a take drives each, and why some are left. No bpy."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ..formats.channels import ARKIT, folded, stripped
from .key_table import Row, channels_of, mouths_of, terms, written
from .naming_schemes import SCHEMES, VISEME_PREFIXES, VISEMES, Visemes
from .viseme_mix import SPEECH

MOUTH_ENOUGH = 10  # of SPEECH's channels with keys of their own: with these, keys for visemes are left alone
# What stands in for a channel without a key: the work of the same muscles, with the share of the other key that
# explains at least half of what the channel moves on the default head (least squares over its vertices; a test
# measures it anew).
STAND_INS = {
    "mouthFunnel": ("mouthPucker", 0.49),
    "mouthPucker": ("mouthFunnel", 1.03),
    "mouthDimpleLeft": ("mouthSmileLeft", 0.38),
    "mouthDimpleRight": ("mouthSmileRight", 0.38),
}
# Of jawOpen, that as much of mouthClose takes from between the lips of the default head: 37.7 mm of 36.7.
CLOSES = 1.03


@dataclass(frozen=True)
class Recognised:
    """rows: the table of the keys that are driven; scheme: whose names they are, '' for nobody's; lacking: channels
    that no key shows; left: sentences on keys that could have been driven and are not."""

    rows: tuple[Row, ...]
    scheme: str
    lacking: tuple[str, ...]
    left: tuple[str, ...]


def recognised(names: Iterable[str], part: bool = False) -> Recognised:
    """The keys of a mesh by their names. A part of a speaker, teeth or a tongue, has the keys it has: nothing stands
    in for those it lacks."""
    return _recognised(tuple(names), part)


@lru_cache(64)  # the sidebar asks whenever it draws itself
def _recognised(names: tuple[str, ...], part: bool) -> Recognised:
    direct, unclear = _direct(names)
    own = [row for row in direct.values() if set(channels_of([row])) & set(SPEECH)]
    found = _visemes(names) if len(channels_of(own) & set(SPEECH)) < MOUTH_ENOUGH else None
    if found is not None:
        visemes, keys = found
        direct = _direct(name for name in names if name not in keys)[0]
        beside = {key: row for key, row in direct.items() if not _speaks(row)}
        left = tuple(key for key in direct if key not in beside)
        rows = (*(Row(key, source) for key, source in keys.items()), *beside.values())
        scheme = visemes.name
        said = [f"These would move the mouth twice, beside its visemes: {some(left)}."] if left else []
    else:
        rows = tuple(direct.values())
        scheme = _most(rows)
        spare = _visemes(name for name in names if name not in direct)
        said = []
        if rows and spare is not None:
            said.append(f"Keys for visemes were left, as the mouth has keys of its own: {some(tuple(spare[1]))}.")
        if not part:
            rows = _stood_in(rows)
    if unclear:
        said.append(f"Two keys share a name but for its spelling, so these were left: {some(unclear)}.")
    return Recognised(rows, scheme if rows else "", unshown(rows), tuple(said))


def unshown(rows: Sequence[Row]) -> tuple[str, ...]:
    """The channels that a table shows nowhere; mouths show what speech moves."""
    shown = channels_of(rows) | (set(SPEECH) if mouths_of(rows) else set())
    return tuple(name for name in ARKIT if name not in shown)


def some(names: Sequence[str]) -> str:
    """The first of the names, and how many more there are."""
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"


def _direct(names: Iterable[str]) -> tuple[dict[str, Row], tuple[str, ...]]:
    """(key -> row of the keys that name channels, keys whose name another has as well)."""
    same: dict[str, list[str]] = {}
    for name in names:
        same.setdefault(folded(name), []).append(name)
    rows: dict[str, Row] = {}
    unclear: list[str] = []
    covered: set[str] = set()
    for scheme in SCHEMES:
        shown: set[str] = set()
        for name, source in scheme.keys.items():
            channels = {channel for channel, _ in terms(source)}
            alike = [key for key in same.get(name, ()) if key not in rows]
            # A channel may have several keys of its own, lips in quarters; one that sums several stands back for them.
            if not alike or channels & (covered | shown if len(channels) > 1 else covered):
                continue
            exact = [key for key in alike if key == source]
            if len(alike) > 1 and not exact:
                unclear += alike
                continue
            rows[(exact or alike)[0]] = Row((exact or alike)[0], source)
            shown |= channels
        covered |= shown
    return rows, tuple(dict.fromkeys(unclear))


def _speaks(row: Row) -> bool:
    """Whether a key moves what visemes move; a smile is more than they do, and its own."""
    return bool({name for name in channels_of([row]) if not name.startswith(("mouthSmile", "tongue"))} & set(SPEECH))


def _visemes(names: Iterable[str]) -> tuple[Visemes, dict[str, str]] | None:
    """The set of visemes that most of the keys are of, all with the same beginning, and key -> source; or None."""
    plain: dict[str, str] = {}
    for name in names:
        plain.setdefault(stripped(name), name)
    best: tuple[int, float, Visemes, dict[str, str]] | None = None
    for prefix in VISEME_PREFIXES:
        for visemes in VISEMES:
            keys = {}
            for spelt, phones in visemes.mouths.items():
                key = next((plain[prefix + each] for each in spelt if prefix + each in plain), None)
                if key is not None:
                    keys[key] = f"/{phones}/"
            rank = (len(keys), len(keys) / len(visemes.mouths))
            if len(keys) >= visemes.least and (best is None or rank > best[:2]):
                best = (*rank, visemes, keys)
    return best[2:] if best is not None else None


def _most(rows: Sequence[Row]) -> str:
    """The scheme that most of the rows' keys are named after."""
    keys = {folded(row.key) for row in rows}
    return max(SCHEMES, key=lambda scheme: len(keys & set(scheme.keys))).name


def _stood_in(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows with what stands in for channels that have no key."""
    sources = {row.key: dict(terms(row.source)) for row in rows}
    shown = channels_of(rows)
    for channel, (other, share) in STAND_INS.items():
        if channel not in shown:
            for source in (source for source in sources.values() if other in source):
                source[channel] = share * source[other]
    if "mouthClose" not in shown:
        for source in (source for source in sources.values() if "jawOpen" in source):
            source["mouthClose"] = -CLOSES * source["jawOpen"]
    return tuple(Row(row.key, written(sources[row.key].items())) for row in rows)
