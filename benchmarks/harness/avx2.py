"""Runs a program as on a processor with AVX2 and without AVX-512:

    python benchmarks/harness/avx2.py benchmarks/layers.py --threads 1

PyTorch and OpenVINO (oneDNN, MKL) have environment variables for it. ONNX Runtime has no option, so a copy of
it in a temporary folder is patched to assume that the system does not save AVX-512's registers.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

#: Code that tests for unsaved registers: `mov rax, r8; not rax; test al, 0xe0`. Patch: `or al, 1` (some are).
_ASKS, _SAYS = bytes.fromhex('4c89c048f7d0a8e0'), bytes.fromhex('4c89c048f7d00c01')
_VARIABLES = {'ATEN_CPU_CAPABILITY': 'avx2', 'ONEDNN_MAX_CPU_ISA': 'AVX2', 'DNNL_MAX_CPU_ISA': 'AVX2',
              'MKL_ENABLE_INSTRUCTIONS': 'AVX2'}


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        _copy_of_onnxruntime(Path(folder))
        paths = [folder, *filter(None, [os.environ.get('PYTHONPATH')])]
        return subprocess.run([sys.executable, *sys.argv[1:]], check=False, env=os.environ | _VARIABLES | {
            'PYTHONPATH': os.pathsep.join(paths)}).returncode


def _copy_of_onnxruntime(folder: Path) -> None:
    spec = importlib.util.find_spec('onnxruntime')
    assert spec is not None and spec.origin is not None
    copy = shutil.copytree(Path(spec.origin).parent, folder / 'onnxruntime', symlinks=True)
    found = 0
    for library in copy.glob('capi/onnxruntime_pybind11_state*.so'):
        data = library.read_bytes()
        found += data.count(_ASKS)
        library.write_bytes(data.replace(_ASKS, _SAYS))
    if found != 1:
        sys.exit(f'avx2.py: where this ONNX Runtime asks for AVX-512 was found {found} times, not once')


if __name__ == '__main__':
    sys.exit(main())
