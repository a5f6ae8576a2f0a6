# SPDX-License-Identifier: GPL-3.0-or-later
import io
import json
import logging
import re
import sys
from collections.abc import Iterator

import pytest
from mien.service.monitoring.logs import log_as


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in ("", "mien", "zeroconf", "python_multipart")]
    handlers, levels = list(loggers[0].handlers), [logger.level for logger in loggers]
    yield
    loggers[0].handlers[:] = handlers
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def logged(kind: str) -> list[str]:
    stream = io.StringIO()
    log_as(kind, stream)
    log = logging.getLogger("mien.test")
    log.info("done\nwith %s", "it", extra={"job": "abc", "client": None, "seconds": 0.25, "_ray_timestamp_ns": 1})
    log.debug("nobody asked")
    logging.getLogger("other").info("not ours")
    logging.getLogger("python_multipart.multipart").warning("a client's body is not as it should be")
    try:
        raise ValueError("why")
    except ValueError:
        log.exception("broken")
    return stream.getvalue().splitlines()


def test_json_has_one_object_a_line_with_its_fields() -> None:
    done, broken = (json.loads(line) for line in logged("json"))
    assert (done["level"], done["logger"], done["message"]) == ("info", "mien.test", "done\nwith it")
    assert (done["job"], done["seconds"]) == ("abc", 0.25) and "client" not in done
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", done["time"])
    assert "ValueError: why" in broken["traceback"]


def test_text_is_one_line_whatever_a_client_sends() -> None:
    first, second, *traceback = logged("text")
    assert re.fullmatch(r"\d\d:\d\d:\d\d info done\\x0awith it  job=abc seconds=0.25", first)
    assert second.endswith("error broken") and traceback[-1] == "ValueError: why"


def test_the_log_goes_to_standard_error(capsys: pytest.CaptureFixture) -> None:
    log_as("text")
    logging.getLogger("mien").warning("here")
    assert capsys.readouterr().err.endswith("warning here\n") and sys.stderr
