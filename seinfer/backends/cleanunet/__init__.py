"""CleanUNet: a U-Net on the waveform with self-attention in the middle. 16 kHz, mono, looks 48 ms ahead.

46.1 million parameters. Two published models of the same sizes, trained on DNS 2020, differ in the spectral loss of
their training: over the full band (cleanunet) or the high band (cleanunet-high).

A clip passes through these steps:

1. `options.py` checks the options of the model's table: the sizes of the network.
2. `model.py` divides the clip by 1e-3 plus its standard deviation (unbiased, of the whole clip) and fills it up with
   zeros until the last frame is complete.
3. `network.py` runs 8 encoder levels (convolution of 4 taps with stride 2, ReLU, 1x1 convolution, GLU), 5
   self-attention blocks over frames of 766 samples with a hop of 256, and 8 mirrored decoder levels, each of which
   first adds the output of its encoder level.
4. `model.py` cuts the clip to its length and multiplies it by the number of step 2.

Every clip runs in blocks of frames, with the same result as at once. A clip that does not fit into memory runs in two
passes: one for its deviation, one for the result.

Traps:

- A frame attends to frames before it only, but to all of them. Here that is limited to a minute, so that memory is
  bounded: longer clips are marked `chunked`.
- The deviation sees all of the clip, so the network cannot run as a live stream.
- The authors' `forward` changes the tensor that it is given.
- The original gives NaN for a single sample, whose deviation is not defined. Here the deviation counts as 0.

Source: Kong, Ping, Dantrey and Catanzaro, "Speech denoising in the waveform domain with self-attention", ICASSP 2022
(arXiv:2202.07790); NVIDIA/CleanUNet@9487a8d, network.py and denoise.py.
"""

from .model import load
from .options import DEFAULT_OPTIONS

__all__ = ["DEFAULT_OPTIONS", "load"]
