"""The generator of SEGAN+: an encoder of strided convolutions, a decoder of transposed ones, skips between them.

The rule it keeps: a convolution is a sum of matrix products, computed by torch's `addmm_`. If row i of x contains
`stride` neighbouring samples, and taps[j] contains the taps t = stride * j + r of the kernel, the convolution and its
transpose are

    y[m] = sum over j of x[m + j] @ taps[j]          taps[j] of shape (stride * in, out)
    y[i + j] += x[i] @ taps[j], for each j           taps[j] of shape (in, stride * out), row of y: `stride` samples

All windows are stacked in one matrix, with enough rows between them that no product combines two windows. So the
weights are read once for all windows. torch's own layers are not used: with two threads on the CPU its conv_transpose1d
is wrong for exactly these shapes (torch 2.13.0, oneDNN 3.12), and they rearrange their weights in each call.

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
            _add_product(made[:last], rows[shift : shift + last], taps)
        return made.view(n_windows, n_out + reach, -1)[:, :n_out]

    def _reflected(self, n_samples: int, like: Tensor) -> Tensor:
        """Return the sample index at each position, from `lead` before the first to the end of the last group."""
        import torch

        end = n_samples + self._stride * (len(self._taps) - 1) - self._lead
        places = torch.arange(-self._lead, end, device=like.device).abs()
        return torch.where(places < n_samples, places, 2 * (n_samples - 1) - places)


class Upsampling:
    """A transposed convolution with a stride, cut so that each input sample gives `stride` output samples.

    Args:
        weight: shape (in, out, tap).
        bias: shape (out,).
        stride: output samples per input sample.
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
            samples: all channels, or those that are not part of `begun`.
            begun: result of `begin` for the first channels, of one window for all windows or of each window.
        """
        n_windows, n_positions, n_channels = samples.shape
        rows = self._add(samples, self._n_in - n_channels, self._bias if begun is None else begun)
        made = rows.view(n_windows, -1, self._n_out)
        return made[:, self._lead : self._lead + self._stride * n_positions]

    def begin(self, samples: Tensor) -> Tensor:
        """Return the contribution of the first channels and the bias, to which `__call__` adds the other channels."""
        return self._add(samples, 0, self._bias)

    def _add(self, samples: Tensor, first_channel: int, begun: Tensor) -> Tensor:
        """Return rows of `stride` samples: the products of some channels, added to `begun`, repeated as needed."""
        import torch

        reach = len(self._taps) - 1
        rows = torch.nn.functional.pad(samples, (0, 0, 0, reach)).flatten(0, 1)
        made = begun.repeat(len(rows) // len(begun), 1)
        last = len(rows) - reach
        for shift, taps in enumerate(self._taps[:, first_channel : first_channel + rows.shape[1]]):
            _add_product(made[shift : shift + last], rows[:last], taps)
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
        """Return the contribution of a latent code to the decoder, which is the same for every window.

        Args:
            z: shape (1, position, channel), or one code for each window of the later call.
        """
        return self.decoder[0].begin(z)

    def __call__(self, windows: Tensor, begun: Tensor) -> Tensor:
        """Return the output for each window, shape (window, time).

        Args:
            windows: shape (window, time).
            begun: contribution of the latent code, from `begin`.
        """
        import torch

        code, skips = self._encode(windows)
        samples = self.decoder[0](code, begun)
        for layer, slopes, skip in zip(self.decoder[1:], self._decoder_slopes, reversed(skips), strict=True):
            samples = layer(torch.cat((_prelu(samples, slopes), skip), 2))
        return samples.squeeze(2).tanh()

    def _encode(self, windows: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the code, and the scaled output before the activation of every layer except the last."""
        skips: list[Tensor] = []
        samples = windows[:, :, None]
        for layer, slopes in zip(self.encoder, self._encoder_slopes, strict=True):
            linear = layer(samples)
            if len(skips) < len(self._alphas):
                skips.append(self._alphas[len(skips)] * linear)
            samples = _prelu(linear, slopes)
        return samples, skips


def _add_product(made: Tensor, rows: Tensor, taps: Tensor) -> None:
    """Add a matrix product to `made`. torch.autocast ignores `addmm_`, so a product in 16 bits is added by itself."""
    import torch

    if torch.is_autocast_enabled(made.device.type):
        made.add_(rows @ taps)
    else:
        made.addmm_(rows, taps)


def _prelu(samples: Tensor, slopes: Tensor) -> Tensor:
    import torch

    return torch.where(samples > 0, samples, slopes * samples)
