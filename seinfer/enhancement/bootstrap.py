"""Start a worker in an interpreter that has no seinfer installed: run as a script, `python bootstrap.py`.

The package is imported from the folder above this file and from nowhere else, so that the other interpreter keeps its
own numpy, torch and other packages that cannot be installed together with those of this one. It needs Python 3.10,
numpy, soundfile, soxr and the packages of the model.
"""

import importlib.util
import sys
from pathlib import Path

# Python puts the folder of a script first in sys.path: its modules would be importable as top-level modules.
here = Path(__file__).resolve().parent
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != here]
root = here.parent

found = importlib.util.spec_from_file_location("seinfer", root / "__init__.py", submodule_search_locations=[str(root)])
assert found is not None and found.loader is not None
package = importlib.util.module_from_spec(found)
sys.modules["seinfer"] = package
found.loader.exec_module(package)

if __name__ == "__main__":
    from seinfer.enhancement.worker import main

    main()
