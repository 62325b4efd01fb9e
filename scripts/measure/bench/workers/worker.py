"""A process of one contender: it makes as many calls as each line of its input says, and prints what they took.

    python worker.py MODULE CONTENDER CASE [ARGUMENT...]

`MODULE.CONTENDERS[CONTENDER]` is a function that takes the case and the arguments, and returns a function that makes so many
calls. The first line of the output says which versions take part. Each further one is the seconds of CPU (of this process, with
its threads) and of the clock that the calls took in total.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
import time
from pathlib import Path


def main() -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    module = importlib.import_module(sys.argv[1])
    run = module.CONTENDERS[sys.argv[2]](*sys.argv[3:])
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        count = int(line)
        gc.collect()
        gc.disable()
        cpu, clock = time.process_time(), time.perf_counter()
        value = run(count)
        cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
        gc.enable()
        print(json.dumps({"cpu": cpu, "seconds": clock, "value": value}), flush=True)


if __name__ == "__main__":
    main()
