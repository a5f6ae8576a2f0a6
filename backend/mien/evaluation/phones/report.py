# SPDX-License-Identifier: GPL-3.0-or-later
"""The results of `mien evaluate phones` as tables, for people, and as one object, for machines."""

from __future__ import annotations

import numpy as np

from mien.evaluation.phones.evaluate import Results, set_of
from mien.evaluation.phones.viseme_scores import NEAR, THRESHOLD, Score
from mien.files.markdown import table
from mien.speech_analysis.viseme_groups import NAMES

HEAD = (
    "recordings", "speech", "recogniser", "visemes", "with silence", "20 ms frames", "lag", "p b m hit",
    "false a second", "f v hit", "false a second",
)  # fmt: skip
RECALL_HEAD = ("language", "recogniser", *NAMES)


def rows_of(results: Results) -> list[tuple[str, dict[str, Score]]]:
    """(name, scores by recogniser): each set, each language of several sets, and everything where there is more than
    one."""
    recordings = [each.recording for each in results.recordings]
    sets = list(dict.fromkeys(map(set_of, recordings)))
    rows = [(name, results.total(lambda each, name=name: set_of(each) == name)) for name in sets]
    rows += [
        (f"all in {language}", _in(results, language))
        for language in results.languages
        if len({set_of(each) for each in recordings if each.language == language}) > 1
    ]
    if len(sets) > 1:
        rows.append(("all", results.total(lambda each: True)))
    return rows


def as_object(results: Results) -> dict:
    """Everything that was counted, for JSON; NaN becomes null."""
    rows = {
        name: {recogniser: _numbers(score) for recogniser, score in scores.items()} for name, scores in rows_of(results)
    }
    return {
        "reference": results.reference, "groups": list(NAMES), "rejected": results.rejected, "recordings": results.of,
        "rows": rows,
    }  # fmt: skip


def for_terminal(results: Results) -> str:
    return "\n\n".join("\n".join(_columns(head, rows)) for head, rows in _tables(results)) + "\n\n" + _left_out(results)


def for_page(results: Results) -> str:
    """Markdown: both tables and what was left out."""
    return "\n\n".join([*(table(head, rows) for head, rows in _tables(results)), _left_out(results)])


def _tables(results: Results) -> list[tuple[tuple[str, ...], list[tuple[str, ...]]]]:
    rows = []
    for name, scores in rows_of(results):
        for recogniser, score in scores.items():
            closures, labiodentals = score.events("closures"), score.events("labiodentals")
            rows.append((
                name, f"{score.speech_seconds:.0f} s", recogniser, _share(score.accuracy),
                _share(score.accuracy_with_silence), _share(score.coarse_accuracy), f"{1000 * score.lag:+.0f} ms",
                _share(closures["hits"]), f"{closures['false_a_second_of_speech']:.2f}",
                _share(labiodentals["hits"]), f"{labiodentals['false_a_second_of_speech']:.2f}",
            ))  # fmt: skip
    recalls = [
        (language, recogniser, *map(_share, score.recall))
        for language in results.languages
        for recogniser, score in _in(results, language).items()
    ]
    return [(HEAD, rows), (RECALL_HEAD, recalls)]


def _left_out(results: Results) -> str:
    total, out = sum(results.of.values()), sum(results.rejected.values())
    by = "PocketSphinx's model" if results.reference == "pocketsphinx" else f"the recogniser {results.reference!r}"
    text = (
        f"Phones laid over the sound by {by}; {out} of {total} recordings were left out because their alignment "
        "cannot be right"
    )
    most = {name: f"{n} of {results.of[name]} ({name})" for name, n in results.rejected.items() if n}
    text += (": " + "; ".join(most.values()) if most else "") + ". "
    return text + (
        f"A closure counts as hit where its probability exceeds {THRESHOLD} (and until it is below half of that) "
        f"within {10 * NEAR} ms of it; false ones meet none, and are counted a second of speech."
    )


def _numbers(score: Score) -> dict:
    numbers = {
        "seconds": score.seconds, "seconds_of_speech": score.speech_seconds, "accuracy": score.accuracy,
        "accuracy_with_silence": score.accuracy_with_silence, "accuracy_20_ms": score.coarse_accuracy,
        "accuracy_unlagged": score.accuracy_unlagged, "lag_s": score.lag,
        "recall": dict(zip(NAMES, score.recall, strict=True)), "closures": score.events("closures"),
        "labiodentals": score.events("labiodentals"),
    }  # fmt: skip
    plain = {name: _plain(value) for name, value in numbers.items()}
    return {**plain, "confusion": score.confusion.astype(int).tolist()}


def _plain(value):
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return round(float(value), 5) if np.isfinite(value) else None


def _in(results: Results, language: str) -> dict[str, Score]:
    return results.total(lambda each: each.language == language)


def _share(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.3f}".removeprefix("0")


def _columns(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in [head, *rows]]
