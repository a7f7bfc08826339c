"""Look for harm for as long as told, and print what was found."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[2])]

from fuzz.hunt import hunt  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-found"), help="where files that do harm are put")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        result = hunt(Path(folder), told.seconds, told.seed, keep=told.keep)
    print(dict(result.ends))
    print("\n".join(result.found))
    return int(bool(result.found))


if __name__ == "__main__":
    sys.exit(main())
