"""The traced network: its state carries everything that the next block needs."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest

from seinfer.backends.dpcrn.network import HOP_LENGTH, Network
from tests.backends.golden_clip import golden_clip
from tests.helpers import snr_db

from .models import RATE, load_cpu, needs_tensorflow, standin_weights

pytestmark = needs_tensorflow
N_HOPS = 21


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return load_cpu(standin_weights(tmp_path_factory.mktemp("dpcrn")))._network


@pytest.fixture(scope="module")
def hops() -> np.ndarray:
    return golden_clip(RATE, N_HOPS * HOP_LENGTH).reshape(N_HOPS, HOP_LENGTH)


def test_advance_in_blocks_of_hops_equals_all_hops_at_once(network: Network, hops: np.ndarray) -> None:
    whole, _ = network.advance(hops[1:].reshape(-1), network.start(hops[0]))
    assert whole.shape == ((N_HOPS - 1) * HOP_LENGTH,)
    state, pieces = network.start(hops[0]), []
    for block in np.split(hops[1:], [1, 3, 10]):
        piece, state = network.advance(block.reshape(-1), state)
        pieces.append(piece)
    assert snr_db(reference=whole, estimate=np.concatenate(pieces)) > 100


def test_advance_does_not_change_the_state_that_it_is_given(network: Network, hops: np.ndarray) -> None:
    state = network.start(hops[0])
    first, _ = network.advance(hops[1], state)
    again, _ = network.advance(hops[1], state)
    np.testing.assert_array_equal(first, again)


def test_every_part_of_the_state_changes_the_next_output(network: Network, hops: np.ndarray) -> None:
    nest = import_module("tensorflow").nest
    _, state = network.advance(hops[1:9].reshape(-1), network.start(hops[0]))
    expected, _ = network.advance(hops[9], state)
    parts = nest.flatten(state)
    for k, part in enumerate(parts):
        changed, _ = network.advance(hops[9], nest.pack_sequence_as(state, [*parts[:k], part + 0.5, *parts[k + 1 :]]))
        assert snr_db(reference=expected, estimate=changed) < 80, f"part {k} of {len(parts)} has no effect"


def test_start_keeps_only_the_first_hop(network: Network, hops: np.ndarray) -> None:
    state = network.start(hops[0])
    np.testing.assert_array_equal(np.asarray(state.analysis), hops[0])
    assert not any(np.asarray(part).any() for part in import_module("tensorflow").nest.flatten(state[1:]))
