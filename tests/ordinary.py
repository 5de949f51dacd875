"""Runs a command as somebody whom file permissions bind, although tests may run as root: `python ordinary.py COMMAND`.

Root reads and writes everything by two capabilities; the command runs without them, everything else is as it was.
"""

from __future__ import annotations

import ctypes
import os
import sys

_PR_CAPBSET_DROP = 24
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 1, 2

if __name__ == "__main__":
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH):
            if libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
                raise OSError(ctypes.get_errno(), "cannot give up the right to read everything")
    os.execv(sys.argv[1], sys.argv[1:])
