"""Messages from outside are cut at a length that tables and terminals bear."""

from __future__ import annotations

from seinfer.core.messages import MAX_CHARACTERS, shortened


def test_shortened_message_within_the_limit_is_unchanged() -> None:
    assert shortened("x" * MAX_CHARACTERS) == "x" * MAX_CHARACTERS


def test_shortened_long_message_has_its_beginning_and_says_how_long_it_was() -> None:
    cut = shortened("begin" + "x" * 1_000_000)
    assert len(cut) == MAX_CHARACTERS
    assert cut.startswith("beginx")
    assert cut.endswith("x ... (cut: 1000005 characters, all of them in --log-file)")
