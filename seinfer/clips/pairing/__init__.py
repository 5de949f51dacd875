"""Find the clean file that belongs to each noisy file. The first rule that fits is used; ambiguous files are refused.

1. `--manifest`: a CSV that names the pairs (manifests.py). That of a test set of `seinfer mix` is used without
   the option (mixed_sets.py).
2. The same relative path in two trees: `--clean DIR`, or one folder that contains two trees, distinguished by a word in
   the folder names, such as `noisy_testset_wav/` and `clean_testset_wav/` (trees.py, folder_names.py).
3. The file id of the DNS challenges, within one folder, or across folders if no id is used twice (names.py).
4. JSON lists of facebookresearch/denoiser and scp lists of Kaldi (lists.py).
5. Names that end in noisy and clean (names.py).

If none fits, the clips have no references (a blind set). A noisy file without a clean file is a clip without a
reference; a clean file without a noisy file is an error. Two sorted lists are never paired by position: one missing
file would shift every pair after it.

collecting.py applies the rules in this order, matching.py matches two sides by a rule on names, categories.py reads
noise, device, SNR and the like from names. The words of errors and notes are in messages.py.
"""

from .categories import CategoryRules
from .clip_set import ClipSet, UnusedFile
from .collecting import collect

__all__ = ["CategoryRules", "ClipSet", "UnusedFile", "collect"]
