"""The sentences about pairing: complete, with the seen values and the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from seinfer.clips.pairing import messages


@pytest.mark.parametrize(
    ("names", "text"),
    [([], ""), (["b", "a"], "a, b"), ("gfedcba", "a, b, c, d, e and 2 more")],
)
def test_first_few_of_names_are_sorted_and_counted(names: list[str], text: str) -> None:
    assert messages.first_few(names) == text


def test_notes_on_unused_has_one_note_per_reason() -> None:
    reasons = [messages.IS_OUTPUT, messages.IN_NEITHER_TREE, messages.IS_OUTPUT]
    assert messages.notes_on_unused(reasons) == (
        "2 files end in _enhanced (output files) and are not used",
        "1 file is in neither tree and is not used",
    )


def test_clean_without_noisy_names_rule_files_counts_and_remedy() -> None:
    error = messages.clean_without_noisy(["/c/y.wav"], ["same relative path"], 2, ["/n/x.wav"])
    assert str(error) == (
        "1 clean file has no noisy partner by the rule 'same relative path': /c/y.wav; found 2 clean files and 1 noisy "
        "file, such as /n/x.wav; remove or rename the clean ones, or name the pairs in a --manifest (`seinfer pair "
        "DIR` prints one to start from)"
    )
    assert error.exit_code == 3


def test_clean_folder_nearby_names_both_ways_to_use_it() -> None:
    note = messages.clean_folder_nearby(Path("/a/noisy"), Path("/a/clean"))
    assert (
        note
        == "/a/clean looks like the folder of the clean files; to use it, give the folder /a, or add --clean /a/clean"
    )
