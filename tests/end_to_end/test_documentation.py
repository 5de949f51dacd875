"""The README and the pages of docs/ are right: their commands and their Python code run, and the numbers are measured.

Every command in a block marked `sh` is run, in a folder that has the files it names; what cannot be run is in a block
marked `text`. A command with the comment `# network` is run with a mirror in place of the network.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from seinfer.models.registry import load_registry
from tests.helpers import RATE, ROOT, speech_like, write_audio
from tools.screenshots import fill_sheets

PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
"""The README and the pages of the site: path -> text."""


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^ *```{language}\n(.*?)^ *```$", PAGES[page], re.M | re.S)


def commands(page: str) -> list[str]:
    return [line.strip() for block in blocks(page, "sh") for line in block.splitlines() if line.strip()]


def pages_with(language: str) -> list[str]:
    return [page for page in PAGES if blocks(page, language)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the files that the commands name: clips, files of another program, noise, and a run folder.

    The commands of all pages run here. A file of options leaves out the measurement of costs, which other tests cover.
    """
    folder = tmp_path_factory.mktemp("documentation")
    for index in range(2):
        clean = speech_like(1.0, RATE, seed=index)
        noise = 0.02 * np.random.default_rng(index).standard_normal(len(clean))
        write_audio(folder / "my_clips" / "clean" / f"clip{index}.wav", clean)
        write_audio(folder / "my_clips" / "noisy" / f"clip{index}.wav", clean + noise)
        write_audio(folder / "theirs" / f"clip{index}.wav", clean + noise / 2)
    write_audio(folder / "noise" / "hiss.wav", 0.1 * np.random.default_rng(9).standard_normal(2 * RATE))
    (folder / "seinfer.toml").write_text("[compare]\ncost = false\n")
    run_all(["seinfer compare --models rnnoise my_clips"], folder)
    return folder


def run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a module in the folder, with its own weights folder and without the network."""
    environment = {**os.environ, "SEINFER_WEIGHTS_DIR": str(folder / "weights"), "SEINFER_OFFLINE": "1"}
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )


def rate(folder: Path) -> None:
    """Answer the listening test in the folder by simulated raters."""
    shutil.rmtree(folder / "ratings", ignore_errors=True)
    fill_sheets(folder / "test", json.loads((folder / "test.key.json").read_text("utf-8")), folder / "ratings")


def run_all(lines: list[str], folder: Path) -> None:
    for line in lines:
        if line.startswith("seinfer blind score "):
            rate(folder)
        result = run(shlex.split(line, comments=True), folder)
        assert result.returncode == 0, f"{line}\n{result.stderr}"


OWN_MODEL = "my-dpcrn"
"""In the pages, the model of a user who has a checkpoint."""
NOT_SHARED = {
    *("denoiser-dns48", "denoiser-dns64", "denoiser-master64", "denoiser-valentini-nc", "segan+"),
    *("deepfilternet3-torch", "nsnet2", "cleanunet", "cleanunet-high", "mp-senet", "mp-senet-vb"),
}
"""Models whose checkpoints are not among the shared files."""


def pull_all(command: list[str], folder: Path, shared: Path) -> None:
    """Pull every model from the shared files, like from a mirror; exactly those that are not among them must fail."""
    result = run([*command, "--from", str(shared / "weights")], folder)
    failed = set(re.findall(r"^(\S+): .* the network is off", result.stderr, re.M))
    assert failed == NOT_SHARED, result.stderr
    assert result.returncode == 1


@pytest.mark.parametrize("page", pages_with("sh"))
def test_page_commands_run_in_order(folder: Path, page: str) -> None:
    assert [line for line in commands(page) if not line.startswith("seinfer ")] == []
    run_all([line for line in commands(page) if "# network" not in line and OWN_MODEL not in line], folder)


def test_page_commands_for_an_own_checkpoint_run_in_order(folder: Path, shared: Path) -> None:
    shutil.copy(shared / "weights" / "dpcrn-quant" / "dpcrn_quant.tflite", folder / "best.tflite")
    pull = f"seinfer models pull dpcrn-quant --from {shlex.quote(str(shared / 'weights'))}"
    own = [line for page in PAGES for line in commands(page) if OWN_MODEL in line]
    assert len(own) == 3
    run_all([pull, *own], folder)


def test_page_commands_that_need_the_network_run_from_a_mirror(folder: Path, shared: Path) -> None:
    networked = [line for page in PAGES for line in commands(page) if "# network" in line]
    assert networked
    for command in networked:
        pull_all(shlex.split(command, comments=True), folder, shared)


@pytest.mark.parametrize(
    ("page", "block"),
    [(page, block) for page in PAGES for block in blocks(page, "python")],
    ids=lambda text: text[-30:],
)
def test_page_python_code_runs(folder: Path, page: str, block: str) -> None:
    (folder / "snippet.py").write_text(block)
    result = run(["snippet"], folder)
    assert result.returncode == 0, f"{page}\n{result.stderr}"


def test_page_file_of_options_is_accepted(folder: Path, tmp_path: Path) -> None:
    [block] = blocks("docs/options.md", "toml")
    (tmp_path / "seinfer.toml").write_text(block)
    result = run(["seinfer", "compare", "--no-cost", str(folder / "my_clips")], tmp_path)
    assert result.returncode == 0, result.stderr
    words = ["--threads", "2", "--models", "rnnoise", "--metrics", "pesq_wb,stoi", "--no-score-cache"]
    assert sorted(json.loads((tmp_path / "seinfer-out" / "run.json").read_text())["config"]["options"]) == sorted(words)


@pytest.mark.parametrize("page", PAGES)
def test_page_blocks_have_a_known_language(page: str) -> None:
    # A block of another language, or of none, would not be run: what is not to be run is marked as text.
    opened = re.findall(r"^ *```(\w*)$", PAGES[page], re.M)[::2]
    assert set(opened) <= {"sh", "python", "toml", "text"}
    assert re.findall(r"^    seinfer .*", PAGES[page], re.M) == []


def test_readme_names_every_model() -> None:
    assert [name for name in load_registry().specs if f"`{name}`" not in PAGES["README.md"]] == []


def test_readme_links_to_every_page() -> None:
    assert [page for page in PAGES if f"]({page})" not in PAGES["README.md"]] == ["README.md", "docs/index.md"]


def test_documentation_table_equals_the_output_of_the_demo(tmp_path: Path, shared: Path) -> None:
    pull_all(["seinfer", "models", "pull", "all"], tmp_path, shared)
    result = run(["seinfer", "demo", "--json"], tmp_path)
    assert result.returncode == 0, result.stderr
    measured = {m["model"]: m["figures"] for m in json.loads(result.stdout)["models"]}
    printed = printed_table()
    assert list(printed) == list(measured)
    for model, cells in printed.items():
        for metric, (value, digits, letters) in cells.items():
            found = measured[model][metric]
            # Tolerance: one unit of the last printed digit.
            assert found["summary"]["interval"]["mean"] == pytest.approx(value, abs=1.01 * 10**-digits)
            assert found["tie_band"] == letters


def printed_table() -> dict[str, dict[str, tuple[float, int, str]]]:
    """Return model -> metric -> (mean, digits, letters) of the table of the demo in docs/reproduction.md."""
    page = PAGES["docs/reproduction.md"]
    [block] = re.findall(r"<!-- table: seinfer demo --format md -->\n((?:\|.*\n)+)", page)
    heading, _, *lines = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in block.splitlines()]
    metrics = ("sdr", "si_sdr", "pesq_wb", "stoi", "estoi")
    assert [name.split()[0].lower().replace("-", "_") for name in heading[1:6]] == list(metrics)
    texts_of = {name: [cell.replace("*", "").split()[:2] for cell in cells[:5]] for name, *cells in lines}
    return {
        name: {
            metric: (float(mean), len(mean.split(".")[1]), letters)
            for metric, (mean, letters) in zip(metrics, texts, strict=True)
        }
        for name, texts in texts_of.items()
    }
