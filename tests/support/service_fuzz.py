# SPDX-License-Identifier: GPL-3.0-or-later
"""schemathesis against a backend of its own, for as long as it takes to ask so many requests:

    python tests/support/service_fuzz.py --requests 10000 --page docs/measurements/service.md

Round after round, each `st run` with another seed. The first has the coverage phase; each has fuzzing and the stateful
phase, which follows the links of the description from one reply to the next request. After each the processes of the
backend are measured. Ends with 1 when a reply was not as described, was 500 or above or did not come within a minute,
when memory grew by more than a tenth after the first round, or when file handles grew.

Random bytes are never a sound, so in most requests for a take the sound is one and the other fields are what they may
be: otherwise nothing behind the first refusal would be reached. That is the hook of this file, which schemathesis loads
as a module.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import schemathesis
from checkout import SAMPLES
from mien.audio.speech import read_speech
from mien.benchmarks.service_client import Client, wav
from mien.benchmarks.service_process import BackendProcess, Size, backend_process
from mien.benchmarks.soak import GROWTH
from mien.files.markdown import require_section, table, write_section

VOICE = read_speech(SAMPLES / "mono_16k.wav").samples
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "unsupported_method", "allow_header_conformance", "ensure_resource_availability",
)  # fmt: skip
FILM_FIELDS = {"face": "2", "neutral": "2.5s", "fps": "24", "sound": "no", "begin": "0", "end": "2"}
ROUND_S = 150  # of each `st run`
MARK = "schemathesis"


@schemathesis.hook
def map_body(context, body):
    """The body of POST /v1/takes or /v1/tracks, nearer to what the extension sends; the same for the same `body`."""
    if context.operation.path == "/v1/tracks" and isinstance(body, dict):
        return {"film": body.get("film", b""), **{name: value for name, value in FILM_FIELDS.items() if name in body}}
    if context.operation.path != "/v1/takes" or not isinstance(body, dict):
        return body
    chance = hashlib.sha256(repr(sorted(map(repr, body.items()))).encode()).digest()
    body = dict(body)
    if chance[0] % 4:
        body["sound"] = wav(VOICE[: 2000 + 10 * (chance[6] % 32)])
    if chance[1] % 4:
        body["engine"] = "toy"
    if chance[2] % 4:
        body["direction"] = json.dumps({"seed": 20 + chance[3] % 16})
    if chance[4] % 4:
        body["fps"] = "24"
    if chance[5] % 4:
        body.pop("head", None)
    return body


def request_counts(backend: BackendProcess) -> Counter[str]:
    """How many requests the backend answered so far, by status."""
    with Client(backend.port) as client:
        text = client.expect(200, "GET", "/v1/metrics").body.decode()
    counts: Counter[str] = Counter()
    for status, count in re.findall(r'^mien_http_requests_total\{.*status="(\w+)"\} (\d+)', text, re.MULTILINE):
        counts[status] += int(count)
    return counts


def one_round(port: int, number: int, folder: Path) -> bool:
    """Whether all of it was answered as described."""
    command = [
        str(Path(sys.executable).with_name("st")), "run", f"http://127.0.0.1:{port}/v1/openapi.json",
        "--phases", "fuzzing,stateful" if number else "coverage,fuzzing,stateful", "--checks", ",".join(CHECKS),
        "--seed", str(number), "--max-time", str(ROUND_S), "--workers", "4", "--max-examples", "100",
        "--request-timeout", "60", "--suppress-health-check", "all", "--warnings", "off", "--continue-on-failure",
        "--generation-database", "none", "--no-color",
    ]  # fmt: skip
    with (folder / f"round {number}.txt").open("w+") as log:
        variables = os.environ | {"SCHEMATHESIS_HOOKS": Path(__file__).stem, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(command, stdout=log, stderr=log, env=variables, cwd=folder)
        log.seek(0)
        if done.returncode:
            print(log.read(), file=sys.stderr)
    return done.returncode == 0


def settled(backend: BackendProcess) -> dict[str, Size]:
    """Its processes, once nothing waits or runs any more."""
    with Client(backend.port) as client:
        while (health := client.expect(200, "GET", "/v1/health").json)["queued"] + health["running"]:
            time.sleep(0.5)
    time.sleep(1)  # connections that were left are noticed
    return backend.sizes()


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--requests", type=int, default=10_000)
    options.add_argument("--page", type=Path, help=f"write the result between its {MARK} marks")
    options = options.parse_args()
    if options.page:
        require_section(options.page, MARK)
    begin, good, sizes, answered = time.monotonic(), True, [], Counter()
    with tempfile.TemporaryDirectory(prefix="mien-fuzz-") as folder, backend_process(Path(folder)) as backend:
        while answered.total() < options.requests:
            good &= one_round(backend.port, len(sizes), Path(folder))
            sizes.append(settled(backend))
            answered = request_counts(backend)
            line = "  ".join(f"{kind} {size.bytes / 1e6:.0f} MB {size.handles}" for kind, size in sizes[-1].items())
            print(f"{time.monotonic() - begin:.0f} s  {answered.total()} requests  {line}", flush=True)
    kinds = [kind for kind in sizes[0] if kind in sizes[-1]]
    grew = [
        kind for kind in kinds
        if sizes[-1][kind].bytes > GROWTH * sizes[0][kind].bytes or sizes[-1][kind].handles > sizes[0][kind].handles
    ]  # fmt: skip
    statuses = ", ".join(f"{count} with {status}" for status, count in sorted(answered.items()))
    summary = f"{answered.total()} requests in {(time.monotonic() - begin) / 60:.0f} minutes: {statuses}."
    rows = [[f"memory of the {kind}", *(f"{size[kind].bytes / 1e6:.0f} MB" for size in sizes)] for kind in kinds]
    rows += [[f"file handles of the {kind}", *(str(size[kind].handles) for size in sizes)] for kind in kinds]
    text = f"{summary}\n\n{table(['after round', *(str(number + 1) for number in range(len(sizes)))], rows)}"
    print(text)
    if options.page:
        write_section(options.page, MARK, text)
    if grew:
        print(f"Grown: {', '.join(grew)}.")
    return 0 if good and not grew else 1


if __name__ == "__main__":
    sys.exit(main())
