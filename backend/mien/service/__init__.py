# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP API v1: `http/` has the routes, `jobs/` the scheduler, `workers/` the processes; `server.py` runs it."""

from mien.errors import FILE, MienError

API = 1  # the version that both halves compare; in the path as /v1 and in every reply as `Mien-API`


class ServiceError(MienError, RuntimeError):
    """The service cannot be run or reached; the message says why and what to do."""

    exit_status = FILE
