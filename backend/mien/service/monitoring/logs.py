# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of the service on standard error, as text for people or as one JSON object a line for programs.

The `extra` of a message (`job`, `client`, `status`, `seconds` ...) becomes fields of their own.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

KINDS = ("text", "json")
_PLAIN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


def log_as(kind: str, stream=None) -> None:
    """Set up the log of this process, of level INFO. `kind` is one of KINDS."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if kind == "json" else Lines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("mien").setLevel(logging.INFO)
    logging.getLogger("zeroconf").setLevel(
        logging.ERROR
    )  # it warns of every interface that disappears, with a traceback
    logging.getLogger("python_multipart").setLevel(
        logging.ERROR
    )  # it warns of every body that it refuses, and so does the service


def fields(record: logging.LogRecord) -> dict[str, object]:
    """The `extra` of a message, without what is None and what libraries add for themselves (`_ray_timestamp_ns`)."""
    return {
        name: value
        for name, value in vars(record).items()
        if name not in _PLAIN and not name.startswith("_") and value is not None
    }


class JsonLines(logging.Formatter):
    """{"time": ISO 8601 in UTC, "level", "logger", "message", the fields, "traceback"}"""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **fields(record),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class Lines(logging.Formatter):
    """`12:03:04 info POST /v1/takes 202  client=anna seconds=0.1`"""

    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created).strftime("%H:%M:%S")
        text = "  ".join(
            filter(None, (record.getMessage(), " ".join(f"{name}={value}" for name, value in fields(record).items())))
        )
        lines = [f"{when} {record.levelname.lower()} {one_line(text)}"]
        if record.exc_info:
            lines.append(self.formatException(record.exc_info))
        return "\n".join(lines)


def one_line(text: str) -> str:
    """Without line ends and control characters: the path of a request must not look like a line of the log."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)
