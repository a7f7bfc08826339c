"""``python -m local_cluster FOLDER``: Dask's LocalCluster of two worker processes, until standard input ends.

It says its address and the numbers of the two processes. One that is killed is started anew, as Dask does.
"""

from __future__ import annotations

import sys
from typing import Any

import distributed


def main() -> None:
    made: Any = distributed.LocalCluster
    told = {"host": "127.0.0.1", "dashboard_address": None, "local_directory": sys.argv[1]}
    with made(n_workers=2, threads_per_worker=1, processes=True, **told) as cluster:
        print(cluster.scheduler_address, *(worker.pid for worker in cluster.workers.values()), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
