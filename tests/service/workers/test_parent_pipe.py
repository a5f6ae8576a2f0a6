# SPDX-License-Identifier: GPL-3.0-or-later
import subprocess
import sys

REPLIES = """
from mien.service.workers.process import ParentPipe
parent = ParentPipe()
for message in parent.messages():
    for _ in range(2):  # the first may still be in the pipe
        parent.reply(message)
"""


def test_a_child_whose_server_was_killed_ends_without_a_word() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", REPLIES, "0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert child.stdin and child.stdout and child.stderr
    child.stdin.write(b"{}\n")
    child.stdin.flush()
    assert child.stdout.readline() == b"{}\n"
    child.stdout.close()  # nobody reads any more
    child.stdin.write(b"{}\n")
    child.stdin.close()
    assert child.stderr.read() == b""
    assert child.wait(60) == 0
    child.stderr.close()
