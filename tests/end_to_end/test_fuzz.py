"""Random bytes and random folders: decoding returns a waveform or an AudioError, pairing never a wrong pair."""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seinfer.audio import reading
from seinfer.clips.discovery import clip_ids
from seinfer.clips.pairing import ClipSet, collect
from seinfer.core.errors import AudioError, PairingError, UsageError

T = TypeVar("T")
RATE = 16_000
KINDS = [
    ("WAV", "PCM_16"),
    ("WAV", "FLOAT"),
    ("WAV", "MS_ADPCM"),
    ("WAVEX", "PCM_24"),
    ("RF64", "PCM_16"),
    ("W64", "PCM_16"),
    ("AIFF", "PCM_16"),
    ("AU", "ULAW"),
    ("CAF", "ALAC_16"),
    ("FLAC", "PCM_16"),
    ("OGG", "VORBIS"),
    ("OGG", "OPUS"),
    ("MP3", "MPEG_LAYER_III"),
]
FEW_EXAMPLES = settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])


def encoded(kind: str, subtype: str) -> bytes:
    noise = 0.1 * np.random.default_rng(0).standard_normal((1_500, 2))
    file = io.BytesIO()
    soundfile.write(file, noise, RATE, subtype, format=kind)
    return file.getvalue()


# Half of the edits change the header, in which a few bytes change how the whole file is read.
positions = st.one_of(st.integers(0, 120), st.integers(0, 20_000))
sizes = st.sampled_from(
    [b"\0" * 4, b"\xff" * 4, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x80\0\0\0", b"\0\0\0\x80"]
)
edits = st.tuples(
    st.sampled_from(["replace", "insert", "delete", "cut", "double"]),
    positions,
    st.one_of(sizes, st.binary(max_size=9)),
)


def edited(content: bytes, changes: list[tuple[str, int, bytes]]) -> bytes:
    for how, position, new in changes:
        at = position % (len(content) + 1)
        head, tail = content[:at], content[at:]
        content = {
            "replace": head + new + tail[len(new) :],
            "insert": head + new + tail,
            "delete": head + tail[len(new) :],
            "cut": head,
            "double": content + head,
        }[how]
    return content


def outcome(work: Callable[[], T]) -> T | str:
    try:
        return work()
    except AudioError as error:
        return error.reason


@pytest.mark.parametrize(("kind", "subtype"), KINDS)
@FEW_EXAMPLES
@given(changes=st.lists(edits, min_size=1, max_size=6))
def test_read_mutated_bytes_gives_a_waveform_or_an_audio_error(
    kind: str, subtype: str, changes: list[tuple[str, int, bytes]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.wav"
        path.write_bytes(edited(encoded(kind, subtype), changes))
        header = outcome(lambda: reading.probe(path))
        whole = outcome(lambda: reading.read(path))
        blocks = outcome(lambda: list(reading.read_blocks(path, 0.02)))
    if isinstance(header, str):
        assert whole == blocks == header
    if isinstance(whole, str) or isinstance(header, str):
        return
    assert whole.samples.dtype == np.float32
    assert whole.samples.shape == (header.channels, header.n_samples)
    assert np.isfinite(whole.samples).all()
    assert not isinstance(blocks, str), f"reading in blocks failed with {blocks}, reading at once did not"
    assert sum(block.shape[1] for block in blocks) == header.n_samples


ROLES = ["noisy", "clean", "Noisy", "clean_testset_wav", "noisy_testset_wav", "mix", "s1", "reference"]
folders = st.lists(st.sampled_from([*ROLES, "a", "b", "x.wav"]), max_size=3)
names = st.sampled_from(
    ["x.wav", "x.flac", "X.WAV", "y.wav", "y.wav.ogg", "y.ogg.wav", "é z.wav", "new\nline.wav", "1.2.wav"]
)
trees = st.sets(st.builds(lambda parts, name: "/".join([*parts, name]), folders, names), min_size=1, max_size=9)


def create(root: Path, tree: set[str]) -> set[Path]:
    """Create the files of a tree, except those whose path is already a folder or below a file."""
    made = set()
    for name in sorted(tree):
        path = root / name
        if path.is_dir() or any(parent.is_file() for parent in path.parents):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        made.add(path)
    return made


ROLE = re.compile(r"(?i)noisy|clean|mix|s1|reference")


def same_recording(noisy: Path, clean: Path, root: Path) -> bool:
    """Return whether two paths are equal except for folders with a word such as noisy or clean, and the suffix."""

    def key(path: Path) -> tuple[str, ...]:
        *above, name = path.relative_to(root).with_suffix("").parts
        return (*(folder for folder in above if not ROLE.search(folder)), name)

    def stem(keys: tuple[str, ...]) -> tuple[str, ...]:
        return (*keys[:-1], Path(keys[-1]).stem)

    ours, theirs = key(noisy), key(clean)
    return ours == theirs or stem(ours) == theirs or ours == stem(theirs)


@settings(max_examples=60, deadline=None)
@given(tree=trees)
def test_collect_any_tree_gives_right_pairs_or_a_pairing_error(tree: set[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        made = create(root, tree)
        found = collected(lambda: collect([root]))
        again = collected(lambda: collect([root]))
        assert found == again
        check_pairs(found, root, made)


@settings(max_examples=60, deadline=None)
@given(noisy=trees, clean=trees)
def test_collect_any_two_trees_gives_right_pairs_or_a_pairing_error(noisy: set[str], clean: set[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        made = create(root / "n", noisy)
        others = create(root / "c", clean)
        found = collected(lambda: collect([root / "n"], clean=root / "c"))
        if not isinstance(found, str):
            for clip in found.clips:
                assert Path(clip.noisy_path) in made
                if clip.clean_path:
                    assert Path(clip.clean_path) in others
                    ours = Path(clip.noisy_path).relative_to(root / "n")
                    theirs = Path(clip.clean_path).relative_to(root / "c")
                    assert same_recording(root / ours, root / theirs, root)
            check_unique(found)


def collected(work: Callable[[], ClipSet]) -> ClipSet | str:
    try:
        return work()
    except (PairingError, UsageError) as error:
        return type(error).__name__


def check_pairs(found: ClipSet | str, root: Path, made: set[Path]) -> None:
    if isinstance(found, str):
        return
    check_unique(found)
    for clip in found.clips:
        assert Path(clip.noisy_path) in made
        if clip.clean_path:
            assert Path(clip.clean_path) in made
            assert same_recording(Path(clip.noisy_path), Path(clip.clean_path), root)
    if not any(clip.clean_path for clip in found.clips):
        return
    used = {clip.noisy_path for clip in found.clips} & {clip.clean_path for clip in found.clips}
    assert not used, "a clean file was also used as a noisy one"


def check_unique(found: ClipSet) -> None:
    for values in ([clip.clip_id for clip in found.clips], [clip.noisy_path for clip in found.clips]):
        assert len(values) == len(set(values))
    clean = [clip.clean_path for clip in found.clips if clip.clean_path]
    assert len(clean) == len(set(clean))


parts = st.lists(st.sampled_from(["a", "b", "a.wav"]), min_size=1, max_size=3).map("/".join)
suffixes = st.lists(st.sampled_from([".wav", ".ogg"]), max_size=3).map("".join)


@settings(deadline=None)
@given(tree=st.sets(st.builds(str.__add__, parts, suffixes), min_size=1, max_size=12))
def test_clip_ids_of_any_files_are_all_different(tree: set[str]) -> None:
    base = Path("/base")
    found = clip_ids([base / name for name in sorted(tree)], base)
    assert len(set(found)) == len(tree)
