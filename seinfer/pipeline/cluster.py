"""The engine and the scoring processes of a request that names a Ray cluster.

Ray reserves one core for each worker of a model and one more for each scoring process if both ask for a whole core. On
one machine, models and scoring share all cores, and here too: each reserves half of the cores that it may use.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager

from ..core.cluster import Cluster
from ..enhancement.engines.local import LocalEngine
from ..enhancement.engines.ray import Pool, RayEngine
from ..models.weights import weights_dir
from .request import RaySettings, Request
from .scheduler import ScoringProcesses

_SHARE = 0.5
"""Part of its cores that a process reserves, because models and scoring share the cores."""


@contextmanager
def open_cluster(
    request: Request, settings: RaySettings, here: LocalEngine
) -> Iterator[tuple[RayEngine, ScoringProcesses]]:
    """Connect to a cluster; disconnect at the end of the `with` block.

    Args:
        request: what is asked for.
        settings: the cluster, and what a worker takes of it.
        here: measures costs on this machine.

    Raises:
        UsageError: there is no such cluster, or no machine of it is large enough for a worker.
    """
    own = {name: value for name, value in os.environ.items() if name.startswith("SEINFER_")}
    with closing(Cluster(settings.address, {**own, "SEINFER_WEIGHTS_DIR": str(weights_dir())})) as cluster:
        pools = {spec.name: _pool(request, settings, cluster, spec.name) for spec in request.selection.specs}
        engine = RayEngine(here, lambda spec: pools[spec.name])
        yield engine, ScoringProcesses(max(1, cluster.n_cores), cluster.launcher(cores=_SHARE))


def _pool(request: Request, settings: RaySettings, cluster: Cluster, model: str) -> Pool:
    """Return as many workers for a model as the cluster has places for, divided by the models that run together."""
    cores, gpus = settings.cores_of(model), settings.gpus_of(model)
    device = request.device
    if not gpus or (device == "auto" and not cluster.n_gpus):
        device = "cpu"
    gpus = 0.0 if device == "cpu" else gpus
    n_places = cluster.n_gpus / gpus if gpus else cluster.n_cores / cores
    launch = cluster.launcher(cores=_SHARE * cores, gpus=gpus)
    workers = LocalEngine(device, cores, request.timeout_s, request.precision, launch)
    return Pool(workers, max(1, int(n_places) // request.jobs))
