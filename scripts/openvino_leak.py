"""Does OpenVINO give back what a compiled model took? Compiles, reads once and drops one model, again and again.

python scripts/openvino_leak.py models/crnn-zh-en/fp16/model.xml 300
"""

import ctypes
import gc
import sys
from pathlib import Path

import numpy as np
import openvino as ov

libc = ctypes.CDLL(None)
for parameter, value in ((-8, 2), (-3, 256 * 1024), (-1, 1024 * 1024)):  # as edged/lib/heap.py
    libc.mallopt(parameter, value)
for turn in range(int(sys.argv[2])):
    model = ov.Core().read_model(sys.argv[1])
    model.reshape([1, 32, 320, 3])
    compiled = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "NUM_STREAMS": 2, "INFERENCE_NUM_THREADS": 2})
    compiled.create_infer_request().infer([np.zeros((1, 32, 320, 3), np.uint8)])
    del model, compiled
    gc.collect()
    libc.malloc_trim(0)
    if turn % 20 == 0:
        with Path("/proc/self/smaps_rollup").open() as rollup:  # what this process alone keeps
            private = sum(int(row.split()[1]) for row in rollup if row.startswith("Private"))
        print(f"{turn}\t{private / 1024:.1f} MB", flush=True)
