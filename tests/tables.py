"""Model tables for tests, as text."""

from __future__ import annotations

_KEYS = {
    "summary": '"a model"',
    "backend": '"seinfer.backends.noisy:load"',
    "sample_rate": "16000",
    "causal": "true",
    "latency_ms": "0",
    "n_parameters": "0",
    "license_code": '"MIT"',
    "license_weights": '"MIT"',
    "source": '"here"',
    "verified": '"not at all"',
}


def table(name: str, **keys: str) -> str:
    """Return a table of a models.toml; `keys` are TOML values, "" leaves a key out."""
    lines = [f"{key} = {value}" for key, value in {**_KEYS, **keys}.items() if value]
    return "\n".join([f'["{name}"]', *lines, ""])
