"""The generator of SEGAN+: an encoder of strided convolutions, a decoder of transposed ones, skips between them.

The rule it keeps: a convolution is a sum of matrix products, in torch's plain `addmm_`. Where row i of x holds `stride`
neighbouring samples, and tap t = stride * j + r of the kernel lies in taps[j], the convolution and its transpose are

    y[m] = sum over j of x[m + j] @ taps[j]          taps[j] of shape (stride * in, out)
    y[i + j] += x[i] @ taps[j], for each j           taps[j] of shape (in, stride * out), row of y: `stride` samples

All windows lie below each other in one matrix, so far apart that no product reaches from one into the next: the
weights are read once for all of them. torch's own layers are not used: with two threads on the CPU its conv_transpose1d
is wrong for these very shapes (torch 2.13.0, oneDNN 3.12), and they rearrange their weights anew in each call.

Shapes are (window, position, channel), a time axis being positions of one channel.

Source: Pascual, Bonafonte, Serrà, "SEGAN: Speech Enhancement Generative Adversarial Network", Interspeech 2017
(arXiv:1703.09452), section 3, and "Time-domain speech enhancement using generative adversarial networks", Speech
Communication 114, 2019; santi-pdp/segan_pytorch@0522387, segan/models/generator.py (Generator) and modules.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .options import Options

if TYPE_CHECKING:
    from torch import Tensor


class Downsampling:
    """A convolution with a stride over samples that are reflected at the edges.

    Args:
        weight: shape (out, in, tap).
        bias: shape (out,).
        stride: samples from one position to the next.
    """

    def __init__(self, weight: Tensor, bias: Tensor, stride: int) -> None:
        import torch

        n_out, n_in, kernel = weight.shape
        self._stride, self._bias = stride, bias
        self._lead = kernel // 2 - 1
        filled = torch.nn.functional.pad(weight.permute(2, 1, 0), (0, 0, 0, 0, 0, -kernel % stride))
        self._taps = filled.reshape(-1, stride * n_in, n_out)

    def __call__(self, samples: Tensor) -> Tensor:
        """Return (window, position / stride, out)."""
        n_windows, n_samples, _ = samples.shape
        n_out, reach = n_samples // self._stride, len(self._taps) - 1
        edged = samples.index_select(1, self._reflected(n_samples, samples))
        rows = edged.view(n_windows * (n_out + reach), -1)
        made = self._bias.repeat(len(rows), 1)
        last = len(rows) - reach
        for shift, taps in enumerate(self._taps):
            made[:last].addmm_(rows[shift : shift + last], taps)
        return made.view(n_windows, n_out + reach, -1)[:, :n_out]

    def _reflected(self, n_samples: int, like: Tensor) -> Tensor:
        """Return which sample stands at each place, from `lead` before the first to where the last group ends."""
        import torch

        end = n_samples + self._stride * (len(self._taps) - 1) - self._lead
        places = torch.arange(-self._lead, end, device=like.device).abs()
        return torch.where(places < n_samples, places, 2 * (n_samples - 1) - places)


class Upsampling:
    """A transposed convolution with a stride, cut so that each sample makes `stride` of them.

    Args:
        weight: shape (in, out, tap).
        bias: shape (out,).
        stride: samples that one makes.
    """

    def __init__(self, weight: Tensor, bias: Tensor, stride: int) -> None:
        import torch

        self._n_in, self._n_out, kernel = weight.shape
        self._stride, self._bias = stride, bias.repeat(stride)[None]
        self._lead = (kernel - stride) // 2
        filled = torch.nn.functional.pad(weight, (0, -kernel % stride)).view(self._n_in, self._n_out, -1, stride)
        self._taps = filled.permute(2, 0, 3, 1).reshape(-1, self._n_in, stride * self._n_out)

    def __call__(self, samples: Tensor, begun: Tensor | None = None) -> Tensor:
        """Return (window, stride * position, out).

        Args:
            samples: all channels, or those that are missing from `begun`.
            begun: what `begin` gave for the first channels, of one window for all or of each.
        """
        n_windows, n_positions, n_channels = samples.shape
        rows = self._add(samples, self._n_in - n_channels, self._bias if begun is None else begun)
        made = rows.view(n_windows, -1, self._n_out)
        return made[:, self._lead : self._lead + self._stride * n_positions]

    def begin(self, samples: Tensor) -> Tensor:
        """Return what the first channels contribute, bias counted, for `__call__` to go on from."""
        return self._add(samples, 0, self._bias)

    def _add(self, samples: Tensor, first_channel: int, begun: Tensor) -> Tensor:
        """Return rows of `stride` samples: the products of some channels, added to rows that are repeated as needed."""
        import torch

        reach = len(self._taps) - 1
        rows = torch.nn.functional.pad(samples, (0, 0, 0, reach)).flatten(0, 1)
        made = begun.repeat(len(rows) // len(begun), 1)
        last = len(rows) - reach
        for shift, taps in enumerate(self._taps[:, first_channel : first_channel + rows.shape[1]]):
            made[shift : shift + last].addmm_(rows[:last], taps)
        return made


class Generator:
    """The network with its weights.

    Attributes:
        encoder, decoder: their layers, outermost first and last.
    """

    def __init__(self, options: Options, state: Mapping[str, Tensor]) -> None:
        n_layers, stride = options.n_layers, options.pooling
        convs = [f"enc_blocks.{layer}.conv" for layer in range(n_layers)]
        deconvs = [f"dec_blocks.{layer}.deconv" for layer in range(n_layers)]
        self.encoder = [Downsampling(state[f"{name}.weight"], state[f"{name}.bias"], stride) for name in convs]
        self.decoder = [Upsampling(state[f"{name}.weight"], state[f"{name}.bias"], stride) for name in deconvs]
        self._encoder_slopes = [state[f"enc_blocks.{layer}.act.weight"] for layer in range(n_layers)]
        self._decoder_slopes = [state[f"dec_blocks.{layer}.act.weight"] for layer in range(n_layers - 1)]
        self._alphas = [state[f"alpha_{layer}.skip_k"].view(-1) for layer in range(n_layers - 1)]

    def begin(self, z: Tensor) -> Tensor:
        """Return what a latent code contributes to the decoder, which is the same for every window.

        Args:
            z: shape (1, position, channel), or one for each of the windows that it will be used with.
        """
        return self.decoder[0].begin(z)

    def __call__(self, windows: Tensor, begun: Tensor) -> Tensor:
        """Return the canvas of each window, shape (window, time).

        Args:
            windows: shape (window, time).
            begun: the latent code's part, from `begin`.
        """
        import torch

        code, skips = self._encode(windows)
        samples = self.decoder[0](code, begun)
        for layer, slopes, skip in zip(self.decoder[1:], self._decoder_slopes, reversed(skips), strict=True):
            samples = layer(torch.cat((_prelu(samples, slopes), skip), 2))
        return samples.squeeze(2).tanh()

    def _encode(self, windows: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the code, and for all layers but the last what they give before their activation, scaled."""
        skips: list[Tensor] = []
        samples = windows[:, :, None]
        for layer, slopes in zip(self.encoder, self._encoder_slopes, strict=True):
            linear = layer(samples)
            if len(skips) < len(self._alphas):
                skips.append(self._alphas[len(skips)] * linear)
            samples = _prelu(linear, slopes)
        return samples, skips


def _prelu(samples: Tensor, slopes: Tensor) -> Tensor:
    import torch

    return torch.where(samples > 0, samples, slopes * samples)
