# SPDX-License-Identifier: GPL-3.0-or-later
"""Restart: what a server takes up that another was asked for and did not finish."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from mien.direction import DirectionError
from mien.service.jobs.database import Row, Store
from mien.service.jobs.file_cache import Shelf
from mien.service.jobs.job import Job, cancelled, done, failed
from mien.service.jobs.state_folder import Place
from mien.take_request import Order

log = logging.getLogger(__name__)

TRIES = 2  # a job during which the server died so often is not begun again


def adopt(left: Place, store: Store, shelf: Shelf) -> None:
    """Take over the files and jobs of a server that ran beside another and runs no more; its folder is cleared."""
    theirs = Store(left.database)
    for sha256, _ in theirs.files():
        if (left.files / sha256).exists():
            shelf.put(left.files / sha256, sha256)
    for address, sha256 in theirs.results():
        store.set_result(address, sha256)
    for row in theirs.jobs():
        store.add(row)
    theirs.close()
    left.clear()
    left.close()


def taken_up(store: Store, shelf: Shelf, data_folder: Path, now: float) -> Iterator[tuple[Job, str]]:
    """Every job that is written down, and why it has failed, or ''. One that was being made waits again. What another
    version of Mien wrote and this one does not understand is dropped."""
    for row in store.jobs():
        try:
            order = Order.from_json(row.work)
            address = order.address(data_folder)
        except (DirectionError, KeyError, TypeError, ValueError) as error:
            log.warning("the job %s is of another version of Mien (%s) and is dropped", row.id, error)
            store.drop([row.id])
            continue
        job = Job(row.id, row.client, address, order, now)
        if row.state == "done":
            yield done(job, row.sha256, now), ""
        elif row.state == "failed":
            yield failed(job, row.error, now), ""
        elif row.state == "cancelled":
            yield cancelled(job, now), ""
        else:
            yield job, _why_not(row, order, shelf)


def _why_not(row: Row, order: Order, shelf: Shelf) -> str:
    """Why a job cannot be taken up again; empty when it can."""
    if row.state == "running" and row.tries >= TRIES:
        return (
            f"The backend died {row.tries} times while it made this take. Cut the sound into shorter pieces or choose "
            "another engine, and report it with the backend's log."
        )
    if order.sound not in shelf:
        return "The backend was ended, and its copy of the sound is gone. Ask for the take anew."
    return ""
