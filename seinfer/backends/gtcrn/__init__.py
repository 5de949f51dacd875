"""GTCRN, the grouped temporal convolutional recurrent network, and GTCRN-Micro: 16 kHz, causal, in torch.

Papers and code: Rong et al., "GTCRN: A Speech Enhancement Model Requiring Ultralow Computational Resources", ICASSP
2024 (doi:10.1109/ICASSP48485.2024.10448310), Xiaobin-Rong/gtcrn@3862c44; bglid/GTCRN-Micro@8b81539. The networks here
are written anew. GTCRN-Micro has convolutions in place of every recurrent layer.

How a clip flows through both:

1. `model.py`, `Gtcrn.enhance`: the clips of a batch run side by side, in blocks of frames. A stream runs one clip, and
   each block has the frames that are complete.
2. `..frames` cuts each clip into frames of 512 samples (32 ms) with a hop of 256; the first one begins with the
   mirrored start of the clip, as in a centred STFT. Window: the root of the periodic Hann window, before and after
   the network.
3. `network.py`, `Network`: magnitude, real and imaginary part of 257 bins -> 129 bands -> 5 encoder layers (33
   positions, 16 channels) -> 2 dual-path blocks (GTCRN-Micro: 8 temporal convolutions) -> 5 decoder layers, each of
   which first adds the output of its encoder layer -> bins -> a complex mask, which multiplies the noisy spectrum.
4. `layers.py` has the layers, and `Memory`, the state that they carry from block to block.
5. At loading, `shapes.py` says which tensors a checkpoint must have, and `weights.py` turns them into the layers.

Traps, with the SNR of the wrong output relative to the authors' own output (71 dB if everything is right):

- The order of the features is magnitude, Re, Im: Re, Im, magnitude gives 1.5 dB.
- Neighbours of a channel stand together, channel by channel: neighbour by neighbour gives 0.1 dB.
- The halves of a block are interleaved: 0.4 dB without.
- The window is the root of a periodic Hann window: Hann 25 dB, symmetric 63 dB.
- The front of the clip is mirrored: zeros there give 46 dB, frames from the first sample on 44 dB.
- The level is not normalised: samples in the range of int16 give -2 dB, a level of one tenth 17 dB.
- Two checkpoints of GTCRN have the same file name upstream: epoch 96, of which the published output is, and epoch 87,
  which the authors' infer.py reads and which gives 24.5 dB.
- The authors mirror the end of a clip too, which changes its last 512 samples by up to 3e-3. Here zeros follow, so that
  the output does not depend on the other clips of a batch, and a stream equals the whole clip.
"""

from .model import load, load_micro

__all__ = ["load", "load_micro"]
