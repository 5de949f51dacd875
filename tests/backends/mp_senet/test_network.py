"""The network of MP-SENet: its tensors, and which of its axes are sequences."""

from __future__ import annotations

from seinfer.backends.mp_senet.options import Options

from .models import SMALL, random_tensors, torch


def test_published_network_has_the_tensors_and_parameters_of_the_checkpoint() -> None:
    from seinfer.backends.mp_senet.network import Network

    with torch.device("meta"):
        network = Network(Options())
    assert len(network.state_dict()) == 247
    assert sum(values.numel() for values in network.parameters()) == 2_263_372


def test_first_transformer_mixes_bins_and_the_second_one_frames() -> None:
    from seinfer.backends.mp_senet.network import TransformerPair

    pair = TransformerPair(SMALL["channels"]).eval()
    prefix = "TSTransformer.0."
    tensors = {name.removeprefix(prefix): v for name, v in random_tensors(SMALL).items() if name.startswith(prefix)}
    pair.load_state_dict(tensors)
    features = torch.randn(6, 5, SMALL["channels"], generator=torch.Generator().manual_seed(0))
    changed = features.clone()
    changed[2, 3, 0] += 1
    with torch.inference_mode():
        moved = (pair.time_transformer(changed) - pair.time_transformer(features)).abs().sum(2) > 1e-6
    assert moved[:, 3].all()
    assert not moved[:, [0, 1, 2, 4]].any()
