# SPDX-License-Identifier: GPL-3.0-or-later
"""report.html: every line with its sound or film and three curves, those with faults first; a file without a server."""

from __future__ import annotations

import html
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from mien.batch.checks import FAULTS
from mien.batch.line import TAKE
from mien.batch.report import Report
from mien.batch.run import FAILED, Outcome
from mien.files.atomic import write_whole

WIDTH, HEIGHT = 480, 26  # of a curve, in the units of its drawing
SCALES = {"lips": (0.0, 20.0, "mm"), "brows": (-0.6, 0.6, ""), "head": (0.0, 12.0, "°")}  # what a curve shows at least
POLICY = "default-src 'none'; media-src 'self' file:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
STYLE = """
:root { color-scheme: light dark; --line: light-dark(#1d5fa8, #7db7f5); --bad: light-dark(#a3241d, #ff9d94); }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; }
table { border-collapse: collapse; } td, th { padding: .15rem .8rem .15rem 0; text-align: left; }
article { border-top: 1px solid #8886; padding: .8rem 0; display: grid; grid-template-columns: 20rem 1fr; gap: 1rem;
  content-visibility: auto; contain-intrinsic-size: auto 9rem; }
h2 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; } p { margin: .2rem 0; }
audio, video { width: 100%; margin-top: .3rem; } video { max-height: 14rem; }
figure { margin: 0; position: relative; } svg { display: block; width: 100%; height: 2.2rem; }
polyline { fill: none; stroke: var(--line); stroke-width: 1.3; vector-effect: non-scaling-stroke; }
figcaption { font-size: .8rem; opacity: .8; } .bad { color: var(--bad); } .now { position: absolute; top: 0; bottom: 0;
  left: 0; width: 1px; background: currentColor; opacity: .6; pointer-events: none; }
@media (max-width: 44rem) { article { grid-template-columns: 1fr; } }
"""
SCRIPT = """
for (const article of document.querySelectorAll("article")) {
  const player = article.querySelector("audio, video");
  const marks = article.querySelectorAll(".now");
  if (!player) continue;
  const move = () => {
    for (const mark of marks) mark.style.left = `${100 * player.currentTime / (player.duration || 1)}%`;
    if (!player.paused) requestAnimationFrame(move);
  };
  for (const name of ["play", "seeked", "loadedmetadata"]) player.addEventListener(name, move);
}
const only = document.getElementById("only");
only.addEventListener("change", () => {
  for (const article of document.querySelectorAll("article[data-whole]")) article.hidden = only.checked;
});
"""


def write_page(report: Report, folder: Path) -> Path:
    """Write report.html into the folder of the batch's files; its path. OSError."""
    path = report.path(folder, "html")
    write_whole(path, page(report, folder).encode())
    return path


def page(report: Report, folder: Path) -> str:
    """The page, whose links begin at `folder`."""
    outcomes = sorted(report.outcomes, key=lambda outcome: (outcome.state != FAILED, not outcome.faults))
    verdict = "passed" if report.passed else "failed"
    rows = "".join(
        f"<tr><td>{html.escape(FAULTS.get(name, name))}</td><td>{count}</td></tr>"
        for name, count in report.faults.items()
    )
    articles = "\n".join(_article(outcome, folder.absolute(), report.unit) for outcome in outcomes)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>Batch {verdict}: {len(outcomes)} lines</title><style>{STYLE}</style></head><body><main>
<h1>Batch {verdict}</h1><p>{html.escape(report.sentences()[0])}, in {report.seconds:.0f} s.</p>
{f"<table><tr><th>fault</th><th>lines</th></tr>{rows}</table>" if rows else ""}
<p><label><input type="checkbox" id="only"> Show only lines with faults</label></p>
{articles}
</main><script>{SCRIPT}</script></body></html>
"""


def _article(outcome: Outcome, folder: Path, unit: str) -> str:
    line = outcome.line
    emotions = ", ".join(name for name in line.direction.emotion if name != "neutral")
    facts = [f"{unit} {line.row}", line.make, line.engine, emotions, f"seed {line.direction.seed}", outcome.state]
    said = [f'<p class="bad">{html.escape(outcome.error)}</p>'] if outcome.error else []
    said += [f'<p class="bad">{html.escape(sentence)}</p>' for sentence in outcome.faults.values()]
    said += [f"<p>{html.escape(note)}</p>" for note in outcome.record.get("notes", [])]
    whole = "" if outcome.error or outcome.faults else " data-whole"
    return (
        f"<article{whole}><div><h2>{html.escape(line.id)}</h2>"
        f"<p>{html.escape(', '.join(filter(None, facts)))}</p>{''.join(said)}{_player(outcome, folder)}</div>"
        f"<div>{_figures(outcome.record.get('curves', {}))}</div></article>"
    )


def _player(outcome: Outcome, folder: Path) -> str:
    line = outcome.line
    label = html.escape(line.id, quote=True)
    if line.make != TAKE and not outcome.error:
        return f'<video controls preload="none" aria-label="{label}" src="{quote(line.file_name)}"></video>'
    return f'<audio controls preload="none" aria-label="{label}" src="{_link(line.voice, folder)}"></audio>'


def _link(path: Path, folder: Path) -> str:
    """Relative where it can be, so that both may be moved together."""
    try:
        return quote(Path(os.path.relpath(path.absolute(), folder)).as_posix())
    except ValueError:  # another drive
        return path.absolute().as_uri()


def _figures(curves: Mapping[str, Sequence[float]]) -> str:
    return "".join(_figure(name, values) for name, values in curves.items() if values)


def _figure(name: str, values: Sequence[float]) -> str:
    low, high, unit = SCALES.get(name, (0.0, 1.0, ""))
    low, high = min(low, *values), max(high, *values)
    step = WIDTH / max(1, len(values) - 1)
    points = " ".join(
        f"{i * step:.0f},{HEIGHT - HEIGHT * (value - low) / (high - low):.1f}" for i, value in enumerate(values)
    )
    return (
        f'<figure><svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" aria-label="{name}">'
        f'<polyline points="{points}"/></svg><span class="now"></span>'
        f"<figcaption>{name}, {min(values):.3g} to {max(values):.3g} {unit}</figcaption></figure>"
    )
