# SPDX-License-Identifier: GPL-3.0-or-later
"""What a film says of its making, read back: the C2PA manifest by C2PA's own reader, and the container's tag."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mien.video import VideoError
from mien.video.container_tag import MARK, read_tag, require_no_pipe
from mien.video.provenance import C2PA_SETTINGS, LABEL, MEDIA_TYPES, Provenance
from mien.video.signer import ORGANIZATION

UNTRUSTED = "signingCredential.untrusted"
STAMPED = "timeStamp.validated"


@dataclass(frozen=True)
class Manifest:
    """The active manifest of a film. valid: the signature holds and the bytes are those that were signed; trusted: an
    authority that this reader knows vouches for the signer; faults: C2PA's codes for what is wrong, the lack of trust
    aside; provenance: None in a manifest that another program wrote."""

    title: str
    generator: str
    source_types: tuple[str, ...]
    signer: str
    self_signed: bool
    valid: bool
    trusted: bool
    stamped: bool
    faults: tuple[str, ...]
    ingredients: tuple[str, ...]
    provenance: Provenance | None


@dataclass(frozen=True)
class Reading:
    """manifest: None where there is none; tag: the provenance of the container's tag, None where Mien wrote none."""

    manifest: Manifest | None
    tag: Provenance | None

    @property
    def differs(self) -> bool:
        """Whether the manifest and the tag, which nobody signs, say different things; the tag is written before the
        pictures, and need not have all notes."""
        signed = self.manifest and self.manifest.provenance
        return bool(self.tag and signed and replace(self.tag, notes=()).facts() != replace(signed, notes=()).facts())

    def to_json(self) -> dict[str, Any]:
        """For machines."""
        manifest = None
        if self.manifest is not None:
            provenance = self.manifest.provenance
            manifest = asdict(self.manifest) | {"provenance": provenance and provenance.facts()}
        return {"manifest": manifest, "tag": self.tag and self.tag.facts(), "differs": self.differs}


def read_provenance(path: Path) -> Reading:
    """What the film at `path` says of its making. Raises VideoError for what is no film, OSError."""
    require_no_pipe(path)
    return Reading(_read_manifest(path, path.suffix), _parse_tag(read_tag(path)))


def read_unchecked(path: Path, suffix: str) -> Provenance | None:
    """What a film says whose bytes are known to be its own, None where Mien did not make it; quick, as no signature is
    checked. suffix: of the film, as ".mp4", whatever the name of its file. Raises VideoError, OSError."""
    manifest = _read_manifest(path, suffix, checked=False)
    return (manifest and manifest.provenance) or _parse_tag(read_tag(path))


def _read_manifest(path: Path, suffix: str, checked: bool = True) -> Manifest | None:
    import c2pa

    media_type = MEDIA_TYPES.get(suffix.lower())
    if media_type is None:
        return None
    settings = {**C2PA_SETTINGS, "verify": {**C2PA_SETTINGS["verify"], "verify_after_reading": checked}}
    try:
        with (
            path.open("rb") as file,
            c2pa.Context.from_dict(settings) as context,
            c2pa.Reader(media_type, file, context=context) as reader,
        ):
            store = json.loads(reader.json())
    except c2pa.C2paError.ManifestNotFound:  # pyright: ignore[reportAttributeAccessIssue]
        return None
    except c2pa.C2paError as error:
        raise VideoError(f"The manifest of {path.name!r} cannot be read: {error}.") from error
    return _manifest_of(store)


def _manifest_of(store: Mapping[str, Any]) -> Manifest:
    active = store["manifests"][store["active_manifest"]]
    results = store.get("validation_results", {}).get("activeManifest", {})  # none where nothing is checked
    failures = tuple(each["code"] for each in results.get("failure", ()))
    assertions = {each["label"]: each["data"] for each in active.get("assertions", [])}
    actions = [action for label, data in assertions.items() if "c2pa.actions" in label for action in data["actions"]]
    signature = active.get("signature_info", {})
    try:
        provenance = Provenance.from_facts(assertions[LABEL])
    except (KeyError, TypeError, ValueError):
        provenance = None
    return Manifest(
        title=str(active.get("title", "")),
        generator=" ".join(
            f"{each.get('name', '')} {each.get('version', '')}" for each in active.get("claim_generator_info") or ()
        ),
        source_types=tuple(
            sorted({action["digitalSourceType"] for action in actions if "digitalSourceType" in action})
        ),
        signer=", ".join(filter(None, (signature.get("common_name"), signature.get("issuer")))),
        self_signed=signature.get("issuer") == ORGANIZATION,
        valid=store.get("validation_state") in ("Valid", "Trusted"),
        trusted=store.get("validation_state") == "Trusted",
        stamped=any(each["code"] == STAMPED for kind in ("success", "informational") for each in results.get(kind, ())),
        faults=tuple(code for code in failures if code != UNTRUSTED),
        ingredients=tuple(str(each.get("title", "")) for each in active.get("ingredients", [])),
        provenance=provenance,
    )


def _parse_tag(text: str) -> Provenance | None:
    """The facts at the end of a tag; None where Mien did not write it."""
    start = text.find("{")
    if MARK not in text or start < 0:
        return None
    try:
        return Provenance.from_facts(json.loads(text[start:]))
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
