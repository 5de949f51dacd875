"""Which clean file belongs to which noisy one. The first rule that fits wins; what is ambiguous is refused.

1. `--manifest`: a CSV that says so (manifests.py).
2. The same relative path in two trees: `--clean DIR`, or one folder whose trees are told apart by a word in the folder
   names, such as `noisy_testset_wav/` and `clean_testset_wav/` (trees.py).
3. The file id of the DNS challenges, within one folder (names.py).
4. denoiser's JSON lists and Kaldi's scp lists (lists.py).
5. Names that end in noisy and clean (names.py).

Anything else is a blind set. A noisy file without a partner stays, without reference; a clean one without is an error.
Two sorted lists are never zipped: one missing file would shift every pair behind it.
"""

from .categories import Overrides
from .clipset import ClipSet, LeftOut
from .collecting import collect

__all__ = ["ClipSet", "LeftOut", "Overrides", "collect"]
