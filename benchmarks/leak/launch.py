"""Start one command and note what it used: ``launch.py NOTE SECONDS COMMAND...``.

A process of its own because the peak memory the system reports for a child is at least that of the process
that started it, and the meter is larger than many tools.
"""

import json
import os
import subprocess
import sys
import time
from threading import Timer


def main() -> None:
    note, limit, command = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
    start = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    timer = Timer(limit, process.kill)
    timer.start()
    _, status, usage = os.wait4(process.pid, 0)  # of this child and of those it waited for
    timer.cancel()
    process.returncode = code = os.waitstatus_to_exitcode(status)
    unit = 2**20 if sys.platform == "darwin" else 2**10
    used = {
        "code": code,
        "cpu": usage.ru_utime + usage.ru_stime,
        "wall": time.monotonic() - start,
        "memory": usage.ru_maxrss / unit,
    }
    with open(note, "w", encoding="utf-8") as file:
        json.dump(used, file)


if __name__ == "__main__":
    main()
