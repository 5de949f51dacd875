"""Objects named as "module:name": backends and metrics are imported only when they are used."""

from __future__ import annotations

import importlib
from typing import Any


def import_object(target: str) -> Any:
    """Import what "module:name" names.

    Raises:
        ImportError: there is no such module or name, or the text has another form.
    """
    module, colon, name = target.partition(":")
    if not (module and colon and name):
        raise ImportError(f"{target!r} is not of the form 'module:name'")
    try:
        return getattr(importlib.import_module(module), name)
    except AttributeError as error:
        raise ImportError(str(error)) from error
