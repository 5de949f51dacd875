"""Frame-by-frame ONNX networks: one frame of the spectrum and the caches in, one frame and the next caches out.

One adapter for nine networks, each a table in models.toml, and for a file of a user: FastEnhancer (arXiv:2509.21867),
BSRNN (arXiv:2212.00406), FSPEN (doi:10.1109/ICASSP48485.2024.10446016), LiSenNet (arXiv:2409.13285), UL-UNAS
(arXiv:2503.00340).

How a clip flows through it:

1. `model.py`, `OnnxFrames.enhance`: the clips of a batch run side by side, 64 frames of each in one call. A stream runs
   one clip, and each call has the frames that are complete.
2. `stft.py`: a centred STFT with a mirrored front, by `..frames`.
3. `network.py`, `Network.run`: spectra become the graph's input, in the order of axes that `interface.py` found.
4. The graph, changed in memory when it was loaded: `frame_loop.py` makes it the body of a loop over frames, and
   `clip_axis.py` (with `rewriter.py`) gives it an axis of clips. The weights stay as they are.

Traps, with the SNR of the wrong output relative to the authors' own output of UL-UNAS (67.8 and 65.6 dB if everything
is right, without the last 512 samples):

- The window is the periodic Hann window in analysis and synthesis: its root gives 25 and 17 dB.
- The overlapping frames must be divided by the sum of the squared windows: that of Hann is not constant.
- The authors mirror the end of a clip too, which changes its last 512 samples (65.5 and 36.8 dB with them). Here zeros
  follow, so that a stream equals the whole clip.
- LiSenNet divides by the real part of each bin, so digital silence gives 0 / 0, which its caches never lose. See
  `network.py`, `Network.check`.
- LiSenNet also computes the phase. The mirrored first frame is symmetric, so the imaginary parts of its spectrum are
  rounding noise with signs that differ between FFT libraries: about 75 dB between two correct implementations.
- A batch axis cannot just be made longer: recurrent layers have the frequencies there. See `clip_axis.py`.

Source: aask1357/fastenhancer@2ef9bb384d01c849bbb941ae3ef6a6a86bd4b166, folder onnx/;
Xiaobin-Rong/ul-unas@00f7c700da43d38347f30a6ccebd86fcbc798e07. MIT.
"""

from .model import load
from .options import DEFAULT_OPTIONS

__all__ = ["DEFAULT_OPTIONS", "load"]
