# SPDX-License-Identifier: GPL-3.0-or-later
"""Provenance: every film that Mien makes says so, in a C2PA manifest and in a metadata tag of the container.

The manifest (C2PA 2.2, Content Credentials) is signed and bound to the film's bytes; a program that copies the streams
into another file drops it. The tag `comment` has the same facts, is not signed, and most programs carry it along.
`read_provenance` says what of both is there. Digital source types are IPTC's (cv.iptc.org/newscodes/digitalsourcetype):
a dub is media of a trained model composited into captured media, a portrait is made by one from end to end.
"""

from __future__ import annotations

import io
import json
import mimetypes
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien import __version__
from mien.files.atomic import atomic_path
from mien.settings import Settings
from mien.video import VideoError
from mien.video.consent import Consent, ConsentMissing, file_digest, recorded_consent
from mien.video.container_tag import TAG, has_tag, write_tag
from mien.video.signer import Signer, user_signer

if TYPE_CHECKING:
    import c2pa

LABEL = "org.mien.provenance"  # of the assertion with everything that C2PA has no field for
COMPOSITE, TRAINED = "compositeWithTrainedAlgorithmicMedia", "trainedAlgorithmicMedia"
IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
SOURCE_TYPES = {"dub": COMPOSITE, "portrait": TRAINED, "talk": TRAINED, "landmarks": TRAINED}
SENTENCES = {
    "dub": "The mouth of the person in this film and what they say were changed by software.",
    "portrait": "This film was made by software from one picture; the person never spoke these words on camera.",
    "talk": "This film was made by software from a sound.",
    "landmarks": "These landmarks were made by software from a sound.",
}
OF_A_PERSON = ("dub", "portrait")  # kinds that nobody makes without consent
MEDIA_TYPES = {".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/quicktime"}  # films that can hold a manifest
UNKNOWN = "application/octet-stream"
# Nothing is fetched: neither a manifest elsewhere nor whether a certificate was revoked.
C2PA_SETTINGS = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    "builder": {"thumbnail": {"enabled": False}},
}


@dataclass(frozen=True)
class Input:
    """A file that a film is made from: its `role` ("video", "photo", "voice", ...), file name and sha256; `path` where
    it is at hand, so that a manifest of its own is kept in the film's."""

    role: str
    name: str
    sha256: str
    path: Path | None = None


@dataclass(frozen=True)
class Provenance:
    """What a film says of its making. kind: one of SOURCE_TYPES; seed: None where nothing is drawn at random; notes:
    sentences on what became of it, as which stretches are as they were."""

    kind: str
    engine: str = ""
    seed: int | None = None
    inputs: tuple[Input, ...] = ()
    consent: Consent | None = None
    software: str = f"Mien {__version__}"
    notes: tuple[str, ...] = ()

    @property
    def source_type(self) -> str:
        """The last part of IPTC's URI."""
        return SOURCE_TYPES[self.kind]

    def facts(self) -> dict[str, Any]:
        """As JSON has it, in the manifest and in the tag."""
        inputs = [{"role": each.role, "name": _as_text(each.name), "sha256": each.sha256} for each in self.inputs]
        return {
            "kind": self.kind,
            "software": self.software,
            "engine": self.engine,
            "seed": self.seed,
            "inputs": inputs,
            "consent": self.consent and asdict(self.consent),
            "notes": list(map(_as_text, self.notes)),
        }

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Provenance:
        """As `facts` gave them. Raises ValueError, KeyError or TypeError for anything else."""
        if facts["kind"] not in SOURCE_TYPES:
            raise ValueError(f"there is no kind of film {facts['kind']!r}")
        consent = facts["consent"] and Consent(**facts["consent"])
        inputs = tuple(Input(each["role"], each["name"], each["sha256"]) for each in facts["inputs"])
        notes = tuple(map(str, facts.get("notes", ())))
        return cls(facts["kind"], facts["engine"], facts["seed"], inputs, consent, facts["software"], notes)

    def tags(self) -> dict[str, str]:
        """The container's metadata, for `container.metadata.update` before the first packet is written."""
        facts = json.dumps(self.facts(), ensure_ascii=False, separators=(",", ":"))
        return {TAG: f"{SENTENCES[self.kind]} {self.software}. IPTC digital source type: {self.source_type}. {facts}"}


def provenance_of(
    kind: str,
    inputs: Mapping[str, Path],
    engine: str = "",
    seed: int | None = None,
    names: Mapping[str, str] | None = None,
    settings: Settings | None = None,
) -> Provenance:
    """The provenance of a film that is about to be made, before the work.

    inputs: files by role, the one that shows the person first; `names` are other names for them. Raises ConsentMissing
    where a film of a person has no consent on record, SignerError where it could not be signed, OSError.
    """
    settings = settings or Settings.read()
    user_signer(settings)
    files = tuple(
        Input(role, (names or {}).get(role) or path.name, file_digest(path), path) for role, path in inputs.items()
    )
    consent = None
    if kind in OF_A_PERSON:
        consent = recorded_consent(files[0].sha256, settings.data_folder)
        if consent is None:
            raise ConsentMissing(
                f"There is no consent on record for {files[0].name}, so no film is made of it. State who agreed and "
                "when first (--consent)."
            )
    return Provenance(kind, engine, seed, files, consent)


def sign(path: Path, provenance: Provenance, name: str = "", signer: Signer | None = None) -> None:
    """Put the manifest into the finished film at `path`, in place, and the tag where it is not there yet.

    name: of the film, where `path` is a temporary file. Containers other than mp4 and mov get the tag alone.
    signer: `user_signer()` by default. Raises SignerError, VideoError, OSError; the film is then as it was.
    """
    signer = signer or user_signer()
    if not has_tag(path):
        write_tag(path, provenance.tags(), name)
    media_type = MEDIA_TYPES.get(path.suffix.lower())
    if media_type is None:
        return
    import c2pa

    manifest = _manifest(provenance, name or path.name, media_type)
    info = c2pa.C2paSignerInfo(signer.algorithm.encode(), signer.chain, signer.key, None)
    try:
        with (
            c2pa.Signer.from_info(info) as key,
            c2pa.Context.from_dict(C2PA_SETTINGS) as context,
            c2pa.Builder(manifest, context=context) as builder,
            atomic_path(path) as part,
        ):
            builder.add_action(_action(provenance, _add_ingredients(builder, provenance.inputs)))
            with path.open("rb") as source, part.open("w+b") as signed:
                builder.sign(key, media_type, source, signed)
    except c2pa.C2paError as error:
        raise VideoError(f"The film {name or path.name!r} could not be signed: {error}.") from error


def _as_text(name: str) -> str:
    """A file's name may have bytes that are no text, which neither a tag nor a manifest can hold: ? stands for them."""
    return name.encode("utf-8", "replace").decode()


def _manifest(provenance: Provenance, name: str, media_type: str) -> dict[str, Any]:
    return {
        "claim_generator_info": [{"name": "Mien", "version": __version__}],
        "title": _as_text(name),
        "format": media_type,
        "assertions": [{"label": LABEL, "data": provenance.facts()}],
    }


def _add_ingredients(builder: c2pa.Builder, inputs: Iterable[Input]) -> list[str]:
    """List the inputs that are at hand in the manifest, with their own manifests where they have some; returns their
    identifiers."""
    import c2pa

    roles = []
    for each in inputs:
        if each.path is None:
            continue
        fields = json.dumps(
            {"title": _as_text(each.name), "relationship": "inputTo", "instance_id": each.role, "label": each.role}
        )
        media_type = mimetypes.guess_type(each.name)[0] or UNKNOWN
        with each.path.open("rb") as file:
            try:
                builder.add_ingredient(fields, media_type, file)
            except c2pa.C2paError:  # its name has another format's suffix, or it is damaged where FFmpeg does not look
                builder.add_ingredient(fields, UNKNOWN, io.BytesIO())
        roles.append(each.role)
    return roles


def _action(provenance: Provenance, ingredients: list[str]) -> dict[str, Any]:
    return {
        "action": "c2pa.created",
        "digitalSourceType": IPTC + provenance.source_type,
        "softwareAgent": {"name": f"Mien {provenance.kind}", "version": __version__},
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "description": SENTENCES[provenance.kind],
        "parameters": {"ingredientIds": ingredients} if ingredients else {},
    }
