"""SEGAN+: the generator of a generative adversarial network, from waveform to waveform. 16 kHz, mono, not causal.

64.8 million parameters. It runs in windows of 16,384 samples (about a second), which do not overlap.

A clip passes through these steps:

1. `options.py` checks the options of the model's table and derives the shape of every tensor. `checkpoint.py` reads the
   weights strictly. `arithmetic_check.py` compares every layer with its definition, when the model loads.
2. `signal.py` takes a sample of 16-bit value v as (2 v + 1) / 65535, applies the pre-emphasis filter
   y[n] = x[n] - 0.95 x[n-1] in float64, and cuts the result into windows. The last one is filled up with zeros.
3. `network.py` encodes a window: 5 convolutions (31 taps, stride 4, reflected edges), each with a PReLU, into 1,024
   channels of 16 positions.
4. `network.py` puts the latent code z, of the same shape, before these channels and decodes: 5 transposed convolutions,
   PReLU after the first four, tanh after the last. Each decoder layer but the first also gets what the encoder layer of
   its size gave before its activation, times a learned factor for each channel.
5. `signal.py` removes the emphasis, x[n] = 0.95 x[n-1] + y[n], over the windows put together, and `model.py` cuts the
   clip to its length.

`model.py` runs all windows of all clips of a batch together, and a clip of any length as a stream.

Traps:

- torch 2.13 on the CPU with 2 threads computes `conv_transpose1d` in float32 wrongly for the shapes of this decoder,
  with no error: a clip comes out at 21 dB SNR. `network.py` uses matrix products instead, and `arithmetic_check.py`
  refuses a machine that computes any layer wrongly.
- The authors' script draws a new z for the first window of every file and uses the first file's z for all other
  windows, so its result depends on the order of the files. Here z is drawn once per model, from a fixed seed.
- Their script ignores sample rate and sample format, and their loader leaves missing tensors at random values. Here the
  rate is converted before, and a missing tensor is an error.
- The official checkpoint (about 259 MB) is reported as no longer available, and no hash of it was published. The way
  out is a file of the user: `seinfer models pull segan+ --from FILE`.

Source: Pascual, Bonafonte and Serrà, "SEGAN: Speech Enhancement Generative Adversarial Network", Interspeech 2017
(arXiv:1703.09452); Pascual, Serrà and Bonafonte, "Time-domain speech enhancement using generative adversarial
networks", Speech Communication 114, 2019; santi-pdp/segan_pytorch@0522387, segan/models/generator.py,
segan/models/model.py, segan/datasets/se_dataset.py and clean.py.
"""

from .model import load
from .options import DEFAULT_OPTIONS

__all__ = ["DEFAULT_OPTIONS", "load"]
