"""`seinfer clean`: the note at the end of a run, and what the command prints."""

from __future__ import annotations

import json
from pathlib import Path

from tests.helpers import invoke, seinfer, write_paired_set


def test_clean_removes_the_files_of_a_clip_that_was_removed_from_the_input(tmp_path: Path) -> None:
    clips = write_paired_set(tmp_path / "set", 2) / "noisy"
    out, run = tmp_path / "out", ("run", "--model", "noisy", "--out", tmp_path / "out", clips)
    first = seinfer(*run)
    assert "seinfer clean" not in first.stderr
    stale = out.resolve() / "audio" / "noisy" / "c1.wav"
    (clips / "c1.wav").unlink()
    second = seinfer(*run)
    assert second.returncode == 0, second.stderr
    assert second.stderr.splitlines()[-1] == (
        f"note: {out}/audio also contains 1 file of clips that this run did not have; to remove: seinfer clean {out}"
    )
    listed = invoke("clean", out, "--dry-run")
    assert (listed.exit_code, listed.stdout) == (0, f"{stale}\n")
    assert "1 file would be removed, 0.0 MB" in listed.stderr
    assert stale.is_file()
    done = json.loads(invoke("clean", out, "--json").stdout)
    assert (done["removed"], done["errors"], done["dry_run"]) == ([str(stale)], {}, False)
    assert [path.name for path in stale.parent.iterdir()] == ["c0.wav"]
    assert "seinfer clean" not in seinfer(*run).stderr
