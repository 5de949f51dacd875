"""Import objects by a text "module:name", so that backends and metrics are imported only when they are used."""

from __future__ import annotations

import importlib
from typing import Any


def import_object(target: str) -> Any:
    """Import an object.

    Args:
        target: "module:name", such as "seinfer.backends.noisy:load".

    Raises:
        ImportError: there is no such module or name, or `target` has another form.
    """
    module, colon, name = target.partition(":")
    if not (module and colon and name):
        raise ImportError(f"{target!r} is not of the form 'module:name'")
    try:
        return getattr(importlib.import_module(module), name)
    except AttributeError as error:
        raise ImportError(str(error)) from error
