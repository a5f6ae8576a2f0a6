# SPDX-License-Identifier: GPL-3.0-or-later
import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import c2pa
import numpy as np
import pytest
from films import squares, write_pictures
from mien.settings import Settings
from mien.video.consent import ConsentMissing, file_digest, record_consent
from mien.video.container_tag import write_tag
from mien.video.provenance import SOURCE_TYPES, Input, Provenance, provenance_of, sign
from mien.video.provenance_reading import read_provenance, read_unchecked
from mien.video.signer import Signer, user_signer
from mien.video.writer import write_film
from PIL import Image
from provenances import CONSENT, DUB
from remuxing import remuxed


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return user_signer(Settings(data_folder=tmp_path_factory.mktemp("data")))


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    write_film(path, squares(25), Fraction(25), np.zeros(16000, np.float32), 16000)
    return path


@pytest.mark.parametrize("kind", SOURCE_TYPES)
def test_a_signed_film_says_how_it_was_made(film: Path, signer: Signer, kind: str) -> None:
    sign(film, Provenance(kind, "personatalk", 7, DUB.inputs, CONSENT), "shown.mp4", signer)
    # C2PA's own reader, without any code of Mien's
    with film.open("rb") as file, c2pa.Reader("video/mp4", file) as reader:
        store = json.loads(reader.json())
    assert store["validation_state"] == "Valid"
    codes = [each["code"] for each in store["validation_results"]["activeManifest"]["failure"]]
    assert codes == ["signingCredential.untrusted"]
    manifest = store["manifests"][store["active_manifest"]]
    assert manifest["title"] == "shown.mp4"
    actions = next(each["data"]["actions"] for each in manifest["assertions"] if "c2pa.actions" in each["label"])
    wanted = "compositeWithTrainedAlgorithmicMedia" if kind == "dub" else "trainedAlgorithmicMedia"
    assert [each["digitalSourceType"].rsplit("/", 1)[1] for each in actions] == [wanted]
    assert CONSENT.statement in json.dumps(manifest)
    assert list(film.parent.iterdir()) == [film]


def test_it_is_read_back_as_it_was_written(film: Path, signer: Signer) -> None:
    sign(film, DUB, signer=signer)
    reading = read_provenance(film)
    assert reading.manifest and reading.manifest.provenance == DUB and reading.tag == DUB
    assert reading.manifest.valid and reading.manifest.self_signed and not reading.manifest.trusted
    assert not reading.manifest.stamped and not reading.differs and reading.manifest.faults == ()
    assert json.loads(json.dumps(reading.to_json()))["tag"]["consent"]["statement"] == CONSENT.statement


def test_a_name_that_is_no_text_is_written_as_far_as_it_is(film: Path, signer: Signer) -> None:
    name = "clip \udcff.mp4"  # as Python has a byte of a name that is not UTF-8
    made = replace(DUB, inputs=(Input("video", name, "0" * 64),), notes=(f"{name} has no sound.",))
    sign(film, made, name, signer)
    reading = read_provenance(film)
    assert reading.manifest and reading.manifest.title == "clip ?.mp4" and not reading.differs
    assert reading.tag and reading.tag.inputs[0].name == "clip ?.mp4"


def test_notes_that_come_after_the_tag_are_no_difference(film: Path, signer: Signer) -> None:
    write_tag(film, DUB.tags())
    signed = replace(DUB, notes=("As it was from 0.00 s to 0.40 s: no face is seen.",))
    sign(film, signed, signer=signer)
    reading = read_provenance(film)
    assert reading.manifest and reading.manifest.provenance == signed and reading.tag == DUB and not reading.differs
    bare = film.rename(film.with_name("of_a_cache"))
    assert read_unchecked(bare, ".mp4") == signed and read_unchecked(bare, ".mkv") == DUB


def test_pictures_and_sound_are_those_before(film: Path, signer: Signer) -> None:
    def packets() -> list[bytes]:
        with av.open(str(film)) as container:
            return [bytes(packet) for packet in container.demux() if packet.size]

    before = packets()
    sign(film, DUB, signer=signer)
    assert packets() == before


def test_a_remux_keeps_the_tag_and_drops_the_manifest(film: Path, signer: Signer) -> None:
    sign(film, DUB, signer=signer)
    for suffix in (".mp4", ".mov", ".mkv"):
        reading = read_provenance(remuxed(film, film.with_name(f"copy{suffix}")))
        assert reading.manifest is None and reading.tag == DUB, suffix
    bare = read_provenance(remuxed(film, film.with_name("bare.mp4"), metadata=False))
    assert bare.manifest is None and bare.tag is None


def test_a_changed_byte_is_noticed(film: Path, signer: Signer) -> None:
    sign(film, DUB, signer=signer)
    data = bytearray(film.read_bytes())
    data[data.rindex(b"mdat") + 400] ^= 1
    film.write_bytes(data)
    manifest = read_provenance(film).manifest
    assert manifest and not manifest.valid and manifest.faults == ("assertion.bmffHash.mismatch",)


def test_a_tag_that_says_another_thing_is_noticed(film: Path, signer: Signer, tmp_path: Path) -> None:
    with av.open(str(film)) as source, av.open(str(tmp_path / "tagged.mp4"), "w") as copy:
        copy.metadata.update(Provenance("talk").tags())
        streams = {stream.index: copy.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                copy.mux(packet)
    sign(tmp_path / "tagged.mp4", DUB, signer=signer)
    assert read_provenance(tmp_path / "tagged.mp4").differs


def test_a_tag_without_end_says_nothing(tmp_path: Path) -> None:
    film = write_pictures(tmp_path / "film.mp4", squares(5))
    write_tag(film, {"comment": 'Mien {"a":' + "[" * 100_000})
    assert read_provenance(film).tag is None


def test_an_input_keeps_its_own_manifest(film: Path, signer: Signer, tmp_path: Path) -> None:
    clip = write_pictures(tmp_path / "clip.mp4", squares(5))
    sign(clip, Provenance("talk"), signer=signer)
    other = tmp_path / "voice.mp3"
    other.write_bytes(b"nothing that C2PA knows")
    inputs = tuple(
        Input(role, path.name, file_digest(path), path) for role, path in (("video", clip), ("voice", other))
    )
    sign(film, Provenance("dub", inputs=inputs, consent=CONSENT), signer=signer)
    manifest = read_provenance(film).manifest
    assert manifest and manifest.valid and manifest.ingredients == ("clip.mp4", "voice.mp3")
    with film.open("rb") as file, c2pa.Reader("video/mp4", file) as reader:
        assert len(json.loads(reader.json())["manifests"]) == 2


@pytest.mark.parametrize("suffix", [".mov", ".m4v", ".mkv"])
def test_other_containers(tmp_path: Path, signer: Signer, suffix: str) -> None:
    film = write_pictures(tmp_path / f"film{suffix}", squares(5))
    sign(film, DUB, signer=signer)
    reading = read_provenance(film)
    assert reading.tag == DUB
    assert (reading.manifest is None) == (suffix == ".mkv")


def test_a_film_of_a_person_needs_consent_before_the_work(tmp_path: Path) -> None:
    photo, voice = tmp_path / "photo.png", tmp_path / "voice.wav"
    Image.new("RGB", (8, 8)).save(photo)
    voice.write_bytes(b"a voice")
    settings = Settings(data_folder=tmp_path / "data")
    files = {"photo": photo, "voice": voice}
    with pytest.raises(ConsentMissing, match="no consent on record for photo.png"):
        provenance_of("portrait", files, settings=settings)
    record_consent(file_digest(photo), CONSENT, settings.data_folder)
    made = provenance_of("portrait", files, "emodiffhead", 3, {"photo": "sent.png"}, settings)
    assert made.consent == CONSENT and [each.name for each in made.inputs] == ["sent.png", "voice.wav"]
    assert Provenance.from_facts(json.loads(json.dumps(made.facts()))).facts() == made.facts()
    assert provenance_of("talk", {"voice": voice}, settings=settings).consent is None
