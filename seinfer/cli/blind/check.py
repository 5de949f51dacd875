"""`seinfer blind check`: look for leaks in a test folder."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...core.counts import counted
from ...core.exit_codes import ALL_DONE, INTEGRITY
from ...core.streams import print_json, print_line, print_message
from ..options import Json, ModelsFile

if TYPE_CHECKING:
    from ...reports.listening.audit.audit import Audit


def check(
    test_dir: Annotated[Path, typer.Argument(metavar="TEST_DIR", help="Test folder, or a zip archive of one.")],
    key: Annotated[
        Path | None, typer.Option("--key", metavar="KEY", help="The key; by default TEST_DIR.key.json, if it is there.")
    ] = None,
    band: Annotated[
        str, typer.Option("--band", help="8k: sound above 8 kHz is a leak; native: different bandwidths are a warning.")
    ] = "native",
    models_file: ModelsFile = None,
    json: Json = False,
) -> None:
    """Look for everything by which a rater could recognise a model; exit code 4 if there is a leak."""
    from ...core.errors import UsageError
    from ...models.selection import open_registry
    from ...reports.listening.audit.audit import audit

    if band not in ("native", "8k"):
        raise UsageError(f"--band is {band!r}; expected native or 8k")
    specs = open_registry(models_file or ()).specs.values()
    names = [name for spec in specs for name in (spec.name, *spec.aliases)]
    used_key = key or _default_key(test_dir)
    found = audit(test_dir, used_key, names, band)
    if json:
        print_json(_document(test_dir, used_key, found))
    else:
        _print(found)
    if used_key is None:
        print_message(
            f"no key: {counted(len(found.not_done), 'check')} not done, others less exact; give --key for all checks"
        )
    raise typer.Exit(INTEGRITY if found.errors else ALL_DONE)


def _default_key(test_dir: Path) -> Path | None:
    """Return the key beside the test folder, if it is there."""
    from ...reports.listening.key import default_key_path

    folder = test_dir.with_suffix("") if test_dir.is_file() else test_dir
    path = default_key_path(folder)
    return path if path.is_file() else None


def _print(found: Audit) -> None:
    leaking = {finding.leak for finding in found.findings}
    for finding in found.findings:
        word = "LEAK" if finding.severity == "error" else "warning"
        print_line(f"{word}: {finding.leak}: {finding}")
    for check in found.done:
        if check.name not in leaking:
            print_line(f"ok: {check.name}: {check.question}")
    for check in found.not_done:
        print_line(f"not done: {check.name}: {check.question} (needs the key)")
    n_errors, n_warnings = len(found.errors), len(found.findings) - len(found.errors)
    result = counted(n_errors, "leak") if n_errors else "no leak found"
    print_line(f"{result} in {counted(len(found.done), 'check')}, {counted(n_warnings, 'warning')}")


def _document(test_dir: Path, key: Path | None, found: Audit) -> dict[str, object]:
    return {
        "test_dir": str(test_dir),
        "key": str(key) if key else None,
        "is_clean": not found.errors,
        "findings": [asdict(finding) for finding in found.findings],
        "done": [check.name for check in found.done],
        "not_done": [check.name for check in found.not_done],
    }
