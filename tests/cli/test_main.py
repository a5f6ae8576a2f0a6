# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line, run in this process where that shows the same and as a program where it does not."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from checkout import BACKEND, ROOT
from mien import __version__
from mien.__main__ import run
from mien.cli import main
from mien.engines import Cancelled, EngineError
from mien.heads.default import HeadChoice, HeadError
from mien.heads.flame_file import FlameMissing
from mien.take import read_take
from mien.video import OpenGLMissing, VideoError


@pytest.fixture
def folder(hum, tmp_path: Path, monkeypatch) -> Path:
    """The working folder, with hum.wav in it."""
    soundfile.write(tmp_path / "hum.wav", hum.samples, 16000)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def status_of(*arguments: str) -> int:
    try:
        return main.main(arguments)
    except SystemExit as left:  # argparse's own way
        return left.code


def refusal(capsys, *arguments: str) -> tuple[int, str]:
    """(exit status, the last line on standard error), which has to be one sentence."""
    status = status_of(*arguments)
    output = capsys.readouterr()
    assert "Traceback" not in output.err + output.out
    return status, output.err.strip().splitlines()[-1]


def test_a_sound_becomes_a_take(folder: Path, capsys) -> None:
    assert status_of("speak", "hum.wav") == 0
    take = read_take(folder / "hum.take.safetensors")
    assert (take.frames, take.fps) == (30, 25)
    output = capsys.readouterr()
    assert output.out == "hum.take.safetensors: 30 frames at 25 fps, seed 0\n"
    assert output.err.startswith("mien: Nothing was heard as speech: the sound is like music or a tone")


def test_json_is_one_object_for_machines(folder: Path, capsys) -> None:
    flags = ["--json", "-o", "a.take.safetensors", "--fps", "30000/1001", "--seed", "3"]
    assert status_of("speak", "hum.wav", *flags) == 0
    output = json.loads(capsys.readouterr().out)
    entry = {"take": "a.take.safetensors", "seed": 3, "frames": 36, "fps": "30000/1001", "engine": "probtalk3d"}
    sound, warnings = output["made"][0].pop("sound"), output["made"][0].pop("warnings")
    assert output["made"] == [entry] and output["sound_seconds"] == 1.2
    assert sound["speech_seconds"] == 0 and sound["track"] == sound["tracks"] == 1 and len(warnings) == 1
    assert set(output) == {"made", "sound_seconds", "seconds"} and output["seconds"] >= 0


def test_a_refusal_is_a_json_object_too(folder: Path, capsys) -> None:
    assert status_of("speak", "gone.wav", "--json") == 3
    output = capsys.readouterr()
    assert json.loads(output.out) == {"error": output.err.removeprefix("mien: ").strip(), "status": 3}
    assert "'gone.wav'" in output.err


def test_a_folder_as_output_takes_the_sounds_name(folder: Path) -> None:
    (folder / "takes").mkdir()
    assert status_of("speak", "hum.wav", "-o", "takes") == 0
    assert (folder / "takes" / "hum.take.safetensors").is_file()


def test_a_wrong_command_line_is_a_json_object_too(capsys) -> None:
    assert status_of("speak", "hum.wav", "--fps", "abc", "--json") == 2
    assert json.loads(capsys.readouterr().out)["status"] == 2


@pytest.mark.parametrize(("output", "names"), [
    (None, ["hum.seed-4.take.safetensors", "hum.seed-5.take.safetensors"]),
    ("b.take.safetensors", ["b.seed-4.take.safetensors", "b.seed-5.take.safetensors"]),
    ("b.st", ["b.seed-4.st", "b.seed-5.st"]), ("b", ["b.seed-4", "b.seed-5"]),
])  # fmt: skip
def test_several_takes_are_named_by_their_seeds(folder: Path, capsys, output: str | None, names: list[str]) -> None:
    where = [] if output is None else ["-o", output]
    assert status_of("speak", "hum.wav", "--takes", "2", "--seed", "4", *where) == 0
    assert sorted(p.name for p in folder.iterdir() if p.name != "hum.wav") == names
    takes = [read_take(folder / name) for name in names]
    assert [t.meta["seed"] for t in takes] == ["4", "5"]
    assert not np.array_equal(takes[0].head_rotation, takes[1].head_rotation)


def test_the_engines_own_rate(folder: Path) -> None:
    assert status_of("speak", "hum.wav", "--fps", "engine") == 0
    assert read_take(folder / "hum.take.safetensors").fps == 100


def test_flags_change_the_direction_file(folder: Path) -> None:
    arguments = {"emotion": {"sad": 0.5}, "intensity": "low", "jaw": 1.5, "seed": 9, "style": "clear", "blinks": 0}
    (folder / "d.json").write_text(json.dumps(arguments))
    flags = ["--emotion", "happy=0.7,angry=0.2", "--intensity", "high", "--seed", "2", "--style", "mumbled"]
    assert status_of("speak", "hum.wav", "--direction", "d.json", "-o", "plain") == 0
    assert status_of("speak", "hum.wav", "--direction", "d.json", *flags, "-o", "changed") == 0
    plain, changed = (json.loads(read_take(folder / n).meta["direction"]) for n in ("plain", "changed"))
    assert (plain["emotion"], plain["intensity"], plain["seed"], plain["style"]) == ({"sad": 0.5}, 0.35, 9, "clear")
    assert changed["emotion"] == {"happy": 0.7, "angry": 0.2}
    assert (changed["intensity"], changed["seed"], changed["style"]) == (1.0, 2, "mumbled")
    assert changed["jaw"] == 1.5 and changed["blinks"] == 0


def test_near_misses_that_can_only_mean_one_thing_are_understood(folder: Path) -> None:
    flags = ("--fps", "24.0", "--emotion", "Happy=0.5,SAD", "--intensity", "High", "--engine", "Articulation")
    assert status_of("speak", "hum.wav", *flags) == 0
    take = read_take(folder / "hum.take.safetensors")
    direction = json.loads(take.meta["direction"])
    assert take.fps == 24 and direction["emotion"] == {"happy": 0.5, "sad": 1.0} and direction["intensity"] == 1.0


def test_a_transcript_file_is_read(folder: Path, capsys) -> None:
    (folder / "said.txt").write_text("Ah?\n", "utf-8")
    assert status_of("speak", "hum.wav", "--transcript", "said.txt") == 0
    assert json.loads(read_take(folder / "hum.take.safetensors").meta["direction"])["transcript"] == "Ah?\n"
    (folder / "said.txt").write_text("considerable prudently " * 20, "utf-8")
    assert refusal(capsys, "speak", "hum.wav", "--transcript", "said.txt")[0] == 2


REFUSED = {
    "no_command": ((), 2, "required: COMMAND"),
    "unknown_command": (("sing",), 2, "invalid choice: 'sing'"),
    "unknown_flag": (("speak", "hum.wav", "--loud"), 2, "unrecognized arguments: --loud"),
    "no_sound": (("speak",), 2, "required: sound"),
    "fps_a_word": (("speak", "hum.wav", "--fps", "abc"), 2, "--fps: the frame rate 'abc' is not"),
    "fps_decimal": (("speak", "hum.wav", "--fps", "29.97"), 2, "'29.97'.*a fraction; write 30000/1001"),
    "fps_by_zero": (("speak", "hum.wav", "--fps", "1/0"), 2, "divides by zero"),
    "takes_none": (("speak", "hum.wav", "--takes", "0"), 2, "'0' is no number of takes from 1 to 1000"),
    "takes_squared": (("speak", "hum.wav", "--takes", "²"), 2, "--takes"),
    "emotion_unknown": (("speak", "hum.wav", "--emotion", "joy"), 2, "no emotion 'joy'; choose from"),
    "emotion_a_noun": (("speak", "hum.wav", "--emotion", "fearful"), 2, r"no emotion 'fearful'; .*did you mean 'fear'"),
    "emotion_misspelt": (("speak", "hum.wav", "--emotion", "hapy"), 2, r"did you mean 'happy'\?\)\.$"),
    "emotion_twice": (("speak", "hum.wav", "--emotion", "Happy,happy"), 2, "gives 'happy' twice"),
    "fps_with_a_unit": (("speak", "hum.wav", "--fps", "24fps"), 2, "'24fps' is not .*; write 24"),
    "fps_with_a_comma": (("speak", "hum.wav", "--fps", "25,0"), 2, "'25,0' is not .*; write 25"),
    "fps_of_halves": (("speak", "hum.wav", "--fps", "12.5"), 2, "'12.5' is not .*; write 25/2"),
    "style_misspelt": (("speak", "hum.wav", "--style", "mumbeld"), 2, "did you mean 'mumbled'"),
    "channel_misspelt": (("speak", "hum.wav", "--face", '{"jawOpenn": 1}'), 2, "did you mean 'jawOpen'"),
    "channel_of_another_spelling": (("speak", "hum.wav", "--face", '{"JawOpen": 1}'), 2, "did you mean 'jawOpen'"),
    "face_deep": (("speak", "hum.wav", "--face", "[" * 9999), 2, "nested more than 32 deep"),
    "face_twice": (("speak", "hum.wav", "--face", '{"jawOpen": 1, "jawOpen": 0}'), 2, "'jawOpen' is there twice"),
    "lips_model_missing": (
        ("speak", "hum.wav", "--engine", "articulation", "--lips-model", "no"),
        4,
        "no lips model 'no'; there are: ",
    ),
    "doctor_of_nowhere": (("doctor", "--backend", "nonsense"), 2, "'nonsense' is no address of a backend"),
    "steps_none": (("train", "codec", "m", "r", "--steps", "0"), 2, "'0' is no number of steps"),
    "steps_negative": (("train", "lips", "f", "--steps", "-5"), 2, "'-5' is no number of steps"),
    "lips_nowhere": (("train", "lips", "nofolder"), 3, "nofolder is not there; name the folder with your footage"),
    "emotion_a_word": (("speak", "hum.wav", "--emotion", "happy=lots"), 2, "'lots' is no number"),
    "emotion_over": (("speak", "hum.wav", "--emotion", "happy=7"), 2, "happy is 7.0; expected"),
    "intensity_unknown": (("speak", "hum.wav", "--intensity", "extreme"), 2, "intensity is 'extreme'"),
    "style_unknown": (("speak", "hum.wav", "--style", "sung"), 2, "no style 'sung'; it has default"),
    "seed_negative": (("speak", "hum.wav", "--seed", "-1"), 2, "the seed is -1"),
    "seeds_run_over": (("speak", "hum.wav", "--seed", str(2**63 - 1), "--takes", "2"), 2, f"the seed is {2**63}"),
    "face_unreadable": (("speak", "hum.wav", "--face", "{"), 2, "--face: '{' is no JSON, such as"),
    "face_unknown": (("speak", "hum.wav", "--face", '{"smile": 1}'), 2, "face has 'smile', which is none of ARKit's"),
    "guidance_not_followed": (("speak", "hum.wav", "--sound-guidance", "2"), 2, "probtalk3d does not follow"),
    "engine_hidden": (("speak", "hum.wav", "--engine", "toy"), 2, "invalid choice: 'toy'"),
    "limit_zero": (("speak", "hum.wav", "--limit-seconds", "0"), 2, "--limit-seconds is '0.0'"),
    "direction_broken": (("speak", "hum.wav", "--direction", "hum.wav"), 2, "the direction is not JSON"),
    "output_is_the_sound": (("speak", "hum.wav", "-o", "./hum.wav"), 2, "is the sound itself"),
    "output_is_the_direction": (
        ("speak", "hum.wav", "--direction", "plain.json", "-o", "plain.json"),
        2,
        "is the direction itself",
    ),
    "output_is_the_transcript": (
        ("speak", "hum.wav", "--transcript", "words.txt", "-o", "words.txt"),
        2,
        "is the transcript itself",
    ),
    "preview_is_the_sound": (("speak", "hum.wav", "--preview", "hum.wav"), 2, "is the sound itself"),
    "sound_missing": (("speak", "gone.wav"), 3, "no file 'gone.wav'"),
    "sound_a_folder": (("speak", "."), 3, "is a folder, not a sound"),
    "sound_too_long": (("speak", "hum.wav", "--limit-seconds", "1"), 3, "lasts 1.2 s, more than the limit of 1 s"),
    "sound_a_text": (("speak", "words.txt"), 3, "words.txt"),
    "direction_missing": (("speak", "hum.wav", "--direction", "d.json"), 3, "d.json: no such file or directory"),
    "transcript_missing": (("speak", "hum.wav", "--transcript", "t.txt"), 3, "t.txt: no such file or directory"),
    "preview_a_folder": (("speak", "hum.wav", "--preview", "."), 3, r"\.: is a folder; name a file in it"),
    "output_nowhere": (("speak", "hum.wav", "-o", "no/where"), 3, "^mien: no: there is no such folder"),
    "evaluate_nothing": (("evaluate",), 2, "required: WHAT"),
    "evaluate_nowhere": (("evaluate", "real", "out", "--audio", "no"), 3, "no .wav files in no; .*--audio"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_bad_input_is_refused_in_a_sentence_with_its_own_exit_status(folder: Path, capsys, fault: str) -> None:
    (folder / "words.txt").write_text("no sound at all\n" * 40)
    (folder / "plain.json").write_text("{}")
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    arguments, status, words = REFUSED[fault]
    actual, output = refusal(capsys, *arguments)
    assert actual == status
    assert output.startswith("mien") and re.search(words, output), output
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


@pytest.mark.parametrize(("error", "status"), [
    (Cancelled(), 130), (KeyboardInterrupt(), 130), (EngineError("no."), 1), (VideoError("no."), 3),
    (OpenGLMissing("no."), 4),
    (HeadError("no."), 3), (HeadChoice("no."), 2), (FlameMissing("no."), 4),
    (OSError(28, "No space left on device", "x"), 3),
    (PermissionError(13, "Permission denied", "x"), 3),
])  # fmt: skip
def test_a_fault_has_the_exit_status_of_the_docstring(folder: Path, capsys, monkeypatch, error, status: int) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("mien.speak.speak_takes", fail)
    actual, output = refusal(capsys, "speak", "hum.wav")
    assert actual == status and output.endswith(".")
    assert [p.name for p in folder.iterdir()] == ["hum.wav"]


def test_evaluate_real_writes_curves(folder: Path, capsys) -> None:
    assert status_of("evaluate", "real", "out", "--audio", ".", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"written": [str(Path("out") / "hum.npz")]}
    assert (folder / "out" / "hum.npz").is_file()


def program(*arguments: str | bytes, cwd: Path, **environ: str) -> subprocess.CompletedProcess:
    arguments = [sys.executable, "-m", "mien", *arguments]
    return subprocess.run(
        arguments, capture_output=True, cwd=cwd, timeout=120, env={**os.environ, "PYTHONPATH": str(BACKEND), **environ}
    )


def test_it_runs_as_a_module(tmp_path: Path) -> None:
    done = program("--version", cwd=tmp_path)
    assert (done.returncode, done.stdout.decode()) == (0, f"mien {__version__}\n")


def test_help_names_every_flag_and_the_exit_status(capsys) -> None:
    assert status_of("--help") == 0
    output = capsys.readouterr().out
    for word in ("speak", "serve", "doctor", "evaluate", "bench", "Exit status", "130"):
        assert word in output
    assert status_of("speak", "--help") == 0
    flags = capsys.readouterr().out
    for flag in ("--fps", "--takes", "--preview", "--emotion", "--intensity", "--direction", "--transcript", "--json"):
        assert flag in flags


@pytest.mark.parametrize(("arguments", "meant"), [(["speka"], "speak"), (["idle", "--seconds", "x"], None)])
def test_a_command_that_there_is_none_of_is_met_with_the_nearest(
    arguments: list[str], meant: str | None, capsys
) -> None:
    assert main.main(arguments) == 2
    said = capsys.readouterr().err
    assert ("did you mean" in said) == (meant is not None) and (meant is None or f"did you mean {meant!r}?" in said)


def test_help_keeps_the_names_as_they_are_written(capsys) -> None:
    assert status_of("models", "import", "--help") == 0
    assert "Convert your own FLAME, ProbTalk3D" in capsys.readouterr().out


def test_a_file_name_that_is_no_text_is_no_traceback(folder: Path) -> None:
    """A name from another system's encoding cannot be printed as it is."""
    name = b"h\xffm.wav"
    try:
        Path(os.fsdecode(name)).write_bytes((folder / "hum.wav").read_bytes())
    except OSError:
        pytest.skip("this file system has only names that are text")
    done = program("speak", name, cwd=folder, PYTHONIOENCODING="utf-8:strict")
    assert done.returncode == 0, done.stderr.decode()
    assert b"30 frames at 25 fps" in done.stdout


HEAVY = ("numpy", "scipy", "torch", "av", "soundfile", "transformers", "trimesh", "rich", "uvicorn")


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["speak", "--help"], ["serve", "--help"],
                                       ["train", "phones", "--help"], ["evaluate", "real", "--help"]])  # fmt: skip
def test_the_command_starts_without_what_takes_long_to_import(arguments: list[str], tmp_path: Path) -> None:
    code = f"""
import sys
from mien.__main__ import run
sys.argv = ["mien", *{arguments}]
try:
    run()
except SystemExit as left:
    assert left.code == 0
    print([name for name in {HEAVY} if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(BACKEND)}, cwd=tmp_path,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]"


def test_what_is_no_film_and_no_sound_is_refused_before_the_networks_are_loaded(tmp_path: Path) -> None:
    for name, content in (
        ("notes.txt", b"words"),
        ("film.mp4", (ROOT / "tests" / "samples" / "film.mp4").read_bytes()),
    ):
        (tmp_path / name).write_bytes(content)
    code = """
import sys
from mien.cli.main import main
for film, sound in (("notes.txt", "film.mp4"), ("film.mp4", "notes.txt")):
    assert main(["dub", film, sound, "-o", "out.mp4", "--consent", "drawn, nobody living"]) == 3
print("torch" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(BACKEND)}, cwd=tmp_path,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "False"
    assert "cannot be read as a film" in done.stderr and "holds text, not sound" in done.stderr


# --- identities


def test_a_take_is_shown_on_an_identity_and_says_nothing_of_it(folder: Path) -> None:
    assert status_of("speak", "hum.wav", "-o", "plain.st") == 0
    assert status_of("speak", "hum.wav", "-o", "shown.st", "--preview", "shown.mp4", "--identity", "man_b") == 0
    assert (folder / "shown.mp4").stat().st_size > 5000
    assert (folder / "plain.st").read_bytes() == (folder / "shown.st").read_bytes()
    assert status_of("export", "plain.st", "-o", "plain.glb") == 0
    assert status_of("export", "plain.st", "-o", "person.glb", "--identity", "woman_c") == 0
    assert (folder / "person.glb").stat().st_size > (folder / "plain.glb").stat().st_size + 100_000


def test_an_identity_that_is_none_or_has_no_face_to_show_is_refused(folder: Path, capsys) -> None:
    status, sentence = refusal(capsys, "speak", "hum.wav", "--preview", "a.mp4", "--identity", "nobody")
    assert status == 2 and "'nobody'; choose one of adult, teen" in sentence
    status, sentence = refusal(capsys, "speak", "hum.wav", "--identity", "adult")
    assert status == 2 and "add --preview" in sentence
    assert sorted(path.name for path in folder.iterdir()) == ["hum.wav"]
    assert status_of("speak", "hum.wav", "-o", "a.st") == 0
    for name in ("a.csv", "a.bvh", "a.npz"):
        status, sentence = refusal(capsys, "export", "a.st", "-o", name, "--identity", "adult")
        assert status == 2 and "leave the identity out" in sentence and not (folder / name).exists()


STOPPED = """
import sys, time
from pathlib import Path
import mien.__main__
import mien.cli.main
from mien.batch.process_pool import single_threaded_pool
from mien.files.atomic import atomic_path

def write() -> int:
    with atomic_path(Path("film.mp4")) as part, single_threaded_pool(1) as pool:
        part.write_bytes(b"half a film")
        pool.submit(time.sleep, 600)
        print("begun", flush=True)
        time.sleep(600)

if __name__ == "__main__":
    mien.cli.main.main = write
    sys.exit(mien.__main__.run())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_stop_while_a_library_is_loaded_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def loading(text: str) -> Callable[[], int]:
        def main() -> int:
            raise ImportError(text)

        return main

    former = signal.getsignal(signal.SIGTERM)
    try:
        monkeypatch.setattr("mien.cli.main.main", loading("KeyboardInterrupt: \n\nAt:\n  __main__.py(26): stop"))
        assert run() == 130
        assert capsys.readouterr().err == "mien: stopped.\n"
        monkeypatch.setattr("mien.cli.main.main", loading("DLL load failed"))
        with pytest.raises(ImportError, match="DLL"):
            run()
    finally:
        signal.signal(signal.SIGTERM, former)


def test_sigterm_stops_a_command_which_leaves_no_temporary_file(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(STOPPED)
    environment = os.environ | {"PYTHONPATH": str(BACKEND)}
    with subprocess.Popen(
        [sys.executable, script], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"begun\n" and len(list(tmp_path.glob(".film.*.part.mp4"))) == 1
        process.terminate()
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130 and stderr == b"mien: stopped.\n"
    assert list(tmp_path.iterdir()) == [script]
