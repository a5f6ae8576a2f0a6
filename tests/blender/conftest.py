# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of tests that need Blender as a module (`pip install bpy`): an empty file, the extension, tiny heads."""

import json
import os
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

bpy = pytest.importorskip("bpy", reason="these tests need Blender's Python module (pip install bpy)")
from blender_scene import CHANNELS, write_tensor_file  # noqa: E402
from fake_backend import FakeBackend, channel_take  # noqa: E402

import addon  # noqa: E402
from addon.batch import run  # noqa: E402
from addon.connection import preferences  # noqa: E402
from addon.generation import runner, state  # noqa: E402
from addon.shape_keys import driving  # noqa: E402


def pytest_unconfigure(config) -> None:
    """Leave without Blender's own clean-up where that is broken: the 4.5 module hangs in it about every other time."""
    if bpy.app.version < (5, 0, 0) and hasattr(config, "mien_status"):
        sys.stdout.flush()
        os._exit(config.mien_status)


def pytest_sessionfinish(session, exitstatus) -> None:
    session.config.mien_status = int(exitstatus)


@pytest.fixture(scope="session", autouse=True)
def registered():
    addon.register()
    yield
    addon.unregister()


@pytest.fixture(autouse=True)
def empty_file():
    """An empty scene at 24 fps, and a runner without work or state of earlier tests."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    forget_run(runner.runner)
    yield bpy.context.scene
    forget_run(runner.runner)


def forget_run(of: runner.Runner) -> None:
    """End the runner's threads and drop their events. Tickets go on: with tickets that start again, a thread of one
    test that outlives it would fail the job of the next."""
    of.close()
    if of._background is not None:
        of._background.join()
    while not of._events.empty():
        of._events.get_nowait()
    of.state = state.State(ticket=of.state.ticket)


@pytest.fixture
def toy_head_file(tmp_path) -> Path:
    """A head file with a tube of forty vertices: eight rings of five, neck below, skull above."""
    rings, around = 8, 5
    angle = np.arange(around) * 2 * np.pi / around
    vertices = np.array(
        [[0.1 * np.sin(a), 0.04 * ring, 0.1 * np.cos(a)] for ring in range(rings) for a in angle], np.float32
    )
    quads = np.array(
        [
            [
                r * around + i,
                r * around + (i + 1) % around,
                (r + 1) * around + (i + 1) % around,
                (r + 1) * around + i,
            ]
            for r in range(rings - 1)
            for i in range(around)
        ],
        np.int32,
    )
    deltas = np.random.default_rng(1).normal(0, 0.01, (len(CHANNELS), 40, 3)).astype(np.float32)
    return write_tensor_file(
        tmp_path / "toy.safetensors",
        {
            "vertices": vertices,
            "quads": quads,
            "uvs": np.random.default_rng(2).random((50, 2)).astype(np.float32),
            "quad_uvs": np.random.default_rng(3).integers(0, 50, quads.shape).astype(np.int32),
            "deltas": deltas,
            "quad_part": np.zeros(len(quads), np.uint8),
            "quad_material": (np.arange(len(quads)) % 2).astype(np.uint8),
            "joints": np.array([[0, 0.05, 0.01], [0, 0.1, 0.05]], np.float32),
            "neck_weights": np.repeat(np.clip((np.arange(8) - 1) / 3, 0, 1), 5).astype(np.float32),
        },
        {
            "format": "mien.head",
            "format_version": "1",
            "name": "toy",
            "channels": json.dumps(CHANNELS),
            "parts": '["skin"]',
            "materials": json.dumps(
                [
                    {"name": "skin", "colour": [0.8, 0.6, 0.5], "roughness": 0.5},
                    {"name": "eyes", "colour": [0.9, 0.9, 0.9], "roughness": 0.1},
                ]
            ),
            "joint_names": '["neck", "jaw"]',
        },
    )


@pytest.fixture
def toy_head(toy_head_file):
    from addon.default_head import build
    from addon.formats import head_file

    return build.add_head(bpy.context, head_file.read_head(toy_head_file))


@pytest.fixture
def cube():
    """A mesh of eight vertices, the active object."""
    mesh = bpy.data.meshes.new("Cube")
    points = [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
    mesh.from_pydata(points, [], [(0, 1, 3, 2)])
    obj = bpy.data.objects.new("Cube", mesh)
    bpy.context.collection.objects.link(obj)
    bpy.context.view_layer.objects.active = obj
    return obj


@pytest.fixture
def voice(tmp_path) -> Path:
    """One second of a quiet tone, 16 kHz mono."""
    path = tmp_path / "voice.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes((1000 * np.sin(np.arange(16000) * 0.1)).astype("<i2").tobytes())
    return path


@pytest.fixture
def backend(monkeypatch, tmp_path):
    """The fake backend, set in the preferences; its takes are cached in a folder of the test."""
    server = FakeBackend().__enter__()
    server.take = lambda **meta: channel_take(channels=CHANNELS, **meta)
    monkeypatch.setattr(preferences._Defaults, "address", server.address)
    monkeypatch.setattr(preferences._Defaults, "start_own", False)
    monkeypatch.setenv(run.FOLDER, str(tmp_path / "kept"))
    yield server
    if server.thread.is_alive():  # else the test ended it
        server.shut_down()


@pytest.fixture
def speaker(toy_head, voice, monkeypatch):
    """The toy head with a sound; it counts as Mien's own."""
    monkeypatch.setattr(driving, "HEAD_VERTICES", 40)
    toy_head.mien.sound = str(voice)
    return toy_head
