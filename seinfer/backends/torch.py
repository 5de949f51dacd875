"""Functions that the torch backends share: threads, device, and checkpoints that are read strictly and never run code.

torch is imported here, inside functions, and nowhere at module level.
"""

from __future__ import annotations

import os
import pickle
import struct
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..core.errors import IntegrityError, UsageError
from ..core.records import ModelSpec
from .base import require

if TYPE_CHECKING:
    import torch

# Errors that torch's reader raises on files that are truncated, partly overwritten, or of another kind.
_UNREADABLE = (
    *(pickle.UnpicklingError, struct.error, RuntimeError, EOFError, OSError, ValueError, LookupError),
    *(AttributeError, TypeError, AssertionError, OverflowError),
)

# oneDNN 3.12, which is part of torch 2.13, computes some convolutions of bfloat16 wrongly, without an error, on
# processors that have AMX instructions (pytorch/pytorch#169688). float32 does not use these instructions. oneDNN reads
# the variable before its first operation.
_WITHOUT_AMX = ("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_FP16")


def open_torch(spec: ModelSpec, *, device: str, threads: int) -> tuple[ModuleType, torch.device]:
    """Import torch, set its number of threads, and return it with the device.

    Raises:
        MissingExtraError: torch is not installed.
        UsageError: the device is not available.
    """
    os.environ.setdefault(*_WITHOUT_AMX)
    torch = require("torch", spec)
    torch.set_num_threads(threads)
    if device == "cuda" and not torch.cuda.is_available():
        raise UsageError(f"{spec.name}: --device cuda, but torch {torch.__version__} sees no GPU; use --device cpu")
    if device == "cuda":
        # cuDNN would round the factors of float32 products to 10 bits; torch's own products do not.
        torch.backends.cudnn.allow_tf32 = False
    return torch, torch.device(device)


def read_checkpoint(torch: ModuleType, path: Path, spec: ModelSpec, safe_globals: Iterable[Any] = ()) -> Any:
    """Read a checkpoint without running code that may be pickled in it.

    Args:
        torch: the module.
        path: file of `torch.save`, zip or legacy.
        spec: the model, for the message.
        safe_globals: classes that the file may name in addition to tensors, such as those of `inert`.

    Raises:
        IntegrityError: it cannot be read, names code that is not allowed, or unpacks to more than its own size.
    """
    _refuse_packed(path, spec)
    try:
        with torch.serialization.safe_globals(list(safe_globals)):
            return torch.load(path, map_location="cpu", weights_only=True)
    except _UNREADABLE as error:
        raise IntegrityError(
            f"{path} cannot be read as a checkpoint of {spec.name}: {_reason(error)}; nothing in it was run; "
            f"fetch it again with `seinfer models pull {spec.name}`"
        ) from error


def _refuse_packed(path: Path, spec: ModelSpec) -> None:
    """Refuse a zip file whose members are compressed or share their bytes: a small file could fill the memory.

    `torch.save` stores every member uncompressed and by itself.
    """
    try:
        if not zipfile.is_zipfile(path):
            return
        with zipfile.ZipFile(path) as bundle:
            unpacked_bytes = sum(member.file_size for member in bundle.infolist())
        size_bytes = path.stat().st_size
    except (*_UNREADABLE, zipfile.BadZipFile):  # torch's reader reports it
        return
    if unpacked_bytes > size_bytes:
        raise IntegrityError(
            f"{path} cannot be read as a checkpoint of {spec.name}: its {size_bytes:,} bytes unpack to "
            f"{unpacked_bytes:,}, expected no more than the file itself has (torch.save compresses nothing); fetch it "
            f"again with `seinfer models pull {spec.name}`"
        )


def _reason(error: Exception) -> str:
    """Return the line with the reason, without torch's advice on how to read the file unsafely."""
    # torch raises an error with its advice; Python keeps the error with the reason as its context.
    reason = error.__context__ if isinstance(error.__context__, pickle.UnpicklingError) else error
    line = next(iter(str(reason).strip().splitlines()), "no reason given")
    return f"{type(reason).__name__}: {line.partition(' Please use ')[0].rstrip('.')}"


class _Inert:
    def __new__(cls, *_: object, **__: object) -> _Inert:
        return super().__new__(cls)

    def __setstate__(self, state: object) -> None:
        pass


def inert(name: str) -> type:
    """Return a class for `safe_globals` in place of "module.Name": it accepts any arguments and ignores them.

    Objects of that class in a checkpoint are ignored: the real class and its package are not needed and not run.
    """
    module, _, own_name = name.rpartition(".")
    return type(own_name, (_Inert,), {"__module__": module})


def strict_tensors(
    state: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]], path: Path, spec: ModelSpec
) -> dict[str, torch.Tensor]:
    """Return the tensors of a checkpoint by name: float32, on the CPU.

    Args:
        state: name -> tensor, as read.
        shapes: name -> shape of every tensor that it must contain.
        path: the checkpoint, for messages.
        spec: the model, for messages.

    Raises:
        IntegrityError: a tensor is missing, unknown, of another shape, or not finite.
    """
    holder = _holder(shapes)
    load_strictly(holder, state, path, spec)
    tensors = dict(holder.state_dict())
    if not_finite := [name for name, tensor in tensors.items() if not tensor.isfinite().all()]:
        raise IntegrityError(
            f"{path} does not fit {spec.name}: {not_finite[0]} contains NaN or infinite numbers, expected finite ones; "
            "its training failed: use another checkpoint"
        )
    return tensors


def _holder(shapes: Mapping[str, tuple[int, ...]]) -> torch.nn.Module:
    """Return a module without a forward pass that has tensors of these dotted names."""
    import torch

    root = torch.nn.Module()
    for name, shape in shapes.items():
        *path, leaf = name.split(".")
        module = root
        for part in path:
            if part not in dict(module.named_children()):
                module.add_module(part, torch.nn.Module())
            module = module.get_submodule(part)
        module.register_buffer(leaf, torch.empty(shape))
    return root


def load_strictly(network: torch.nn.Module, state: Mapping[str, Any], path: Path, spec: ModelSpec) -> None:
    """Fill a network with the tensors of a checkpoint.

    Raises:
        IntegrityError: a tensor is missing, unknown, or of another shape.
    """
    wanted = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    given = {name: tuple(getattr(value, "shape", ())) for name, value in state.items()}
    problems = [
        *(f"{name} is missing" for name in wanted if name not in given),
        *(f"{name} is not part of the network" for name in given if name not in wanted),
        *(
            f"{name} has shape {given[name]}, expected {wanted[name]}"
            for name in wanted
            if given.get(name, wanted[name]) != wanted[name]
        ),
    ]
    if problems:
        more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
        raise IntegrityError(f"{path} does not fit {spec.name}: {problems[0]}{more}; it is another model's checkpoint")
    network.load_state_dict(dict(state))


def build_from(
    torch: ModuleType, weights: Mapping[str, Path], spec: ModelSpec, *, key: str, build: Callable[[], Any]
) -> Any:
    """Return a network with the only weight file of a model: a checkpoint with the tensors below one key.

    Args:
        torch: the module.
        weights: file name -> verified file.
        spec: the model.
        key: where the checkpoint contains the tensors.
        build: builds the network. It is called without storage: initial weights would be computed in vain, and would
            change the state of the user's random generator.

    Raises:
        IntegrityError: the file is not a checkpoint, or it belongs to another network.
    """
    if len(weights) != 1:
        raise IntegrityError(f"{spec.name} has the files {sorted(weights)}; expected one checkpoint")
    [path] = weights.values()
    content = read_checkpoint(torch, path, spec)
    state = content.get(key) if isinstance(content, Mapping) else None
    if not isinstance(state, Mapping):
        raise IntegrityError(
            f"{path} is not a checkpoint of {spec.name}: it contains no {key}; expected the file that train.py of the "
            "authors writes"
        )
    with torch.device("meta"):
        network = build()
    network.to_empty(device="cpu")
    load_strictly(network, state, path, spec)
    return network
