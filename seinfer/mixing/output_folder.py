"""The output folder of a test set: only files of an earlier test set in it may be replaced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..clips.pairing.manifests import read_rows
from ..clips.pairing.messages import first_few
from ..clips.pairing.mixed_sets import MAKER, MANIFEST, MIX_JSON, TREES, is_test_set
from ..core.errors import RunFolderError, UsageError
from ..core.files import write_json
from .request import MixRequest


def refuse_overlap(request: MixRequest) -> None:
    """Check that no folder is given for two purposes.

    Raises:
        UsageError: an input is given twice, or is in the output folder.
    """
    inputs = {"--speech": request.speech, "--noise": request.noise, "--rir": request.rir}
    seen: dict[Path, str] = {}
    for option, folder in inputs.items():
        if folder is None:
            continue
        real = folder.resolve()
        if real in seen:
            raise UsageError(f"{seen[real]} and {option} are both {folder}; expected different folders")
        if real.is_relative_to(request.out.resolve()):
            raise UsageError(f"{option} {folder} is in the output folder {request.out}; choose another --out")
        seen[real] = option


def prepare(out: Path) -> None:
    """Create the folder, or delete the pairs of an earlier test set, so that only the new pairs are compared.

    Raises:
        UsageError: it contains other files.
        RunFolderError: it cannot be created or emptied.
    """
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out {out} is a file; expected a folder")
    try:
        out.mkdir(parents=True, exist_ok=True)
        if (found := [path.name for path in out.iterdir()]) and not is_test_set(out):
            raise UsageError(
                f"--out {out} is neither empty nor a test set of seinfer mix: it contains {first_few(found)}; choose "
                "another --out"
            )
        for path in _pairs_of_earlier_set(out):
            path.unlink()
        (out / MANIFEST).unlink(missing_ok=True)
    except OSError as error:
        raise RunFolderError(f"{out} cannot be used: {error.strerror or error}; choose another --out") from error


def write_mix_json(out: Path, document: dict[str, Any]) -> None:
    """Write mix.json, which also marks the folder as a test set."""
    write_json(out / MIX_JSON, {"made_by": MAKER, **document})


def _pairs_of_earlier_set(out: Path) -> list[Path]:
    """Return the files of an earlier test set.

    Without a manifest that run was interrupted; then all WAV files in the two trees are its files.

    Raises:
        UsageError: a file in the two trees is not in the manifest, or the manifest cannot be read.
    """
    found = [path for tree in TREES for path in sorted((out / tree).rglob("*.wav")) if path.is_file()]
    if not (out / MANIFEST).exists():
        return found
    own = {out / row[tree] for row in read_rows(out / MANIFEST) for tree in TREES if row.get(tree)}
    if others := [path for path in found if path not in own]:
        raise UsageError(f"{others[0]} is not in the manifest of {out}; move it away, or choose another --out")
    return found
