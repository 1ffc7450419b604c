"""Writes hemlets_ros/weights/yolo11n-pose.onnx:

    python -m hemlets_ros.lab.shipping.detector_graph

The graph file has no weights. Its tensors refer by ONNX's external data to byte ranges of yolo11n-pose.pt,
which is an uncompressed zip archive. Both files are AGPL-3.0.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch

from hemlets_ros.detection.ultralytics_library import open_model, tasks
from hemlets_ros.detection.yolo_files import SHIPPED_GRAPH, SHIPPED_MODEL, find_model
from hemlets_ros.lab.shipping.bare_graph import strip_debug_info

_HEADER_BYTES = 30  # size of a zip entry's header before its name


def write_graph(weights: Path, path: Path) -> None:
    """Writes the graph of a YOLO model in half precision; `weights` must lie in the same folder."""
    model = _exported(weights)
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    strip_debug_info(model)
    # The export's date, version and folder are removed.
    onnx.helper.set_model_props(model, {key: metadata[key] for key in
                                        ('stride', 'task', 'names', 'kpt_shape', 'license')})
    pieces, casts, kept = _pieces(weights), [], []
    for tensor in model.graph.initializer:
        value = onnx.numpy_helper.to_array(tensor)
        half = value.astype(np.float16) if value.dtype == np.float32 else None
        if half is None or half.nbytes < 16 or half.tobytes() not in pieces:
            kept.append(tensor)
            continue
        assert np.array_equal(half.astype(np.float32), value)
        stored = onnx.TensorProto(name=f'{tensor.name}.half', data_type=onnx.TensorProto.FLOAT16,
                                  dims=tensor.dims, data_location=onnx.TensorProto.EXTERNAL)
        for key, each in {'location': weights.name, 'offset': pieces[half.tobytes()],
                          'length': half.nbytes}.items():
            stored.external_data.add(key=key, value=str(each))
        kept.append(stored)
        casts.append(onnx.helper.make_node('Cast', [stored.name], [tensor.name], to=onnx.TensorProto.FLOAT))
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    path.write_bytes(model.SerializeToString())


def _exported(weights: Path) -> onnx.ModelProto:
    """The model exported by ultralytics, with the layers and weights of the file."""
    fuse, export = tasks.BaseModel.fuse, torch.onnx.export

    def as_it_is(*given: Any, **named: Any) -> Any:
        return export(*given, **named | {'do_constant_folding': False,
                                         'training': torch.onnx.TrainingMode.PRESERVE})

    tasks.BaseModel.fuse, torch.onnx.export = lambda self, *_, **__: self, as_it_is
    try:
        with tempfile.TemporaryDirectory() as folder:  # ultralytics writes beside the file that it reads
            model = open_model(Path(shutil.copy(weights, folder)), weights.name, trusted=False)
            return onnx.load(model.export(format='onnx', dynamic=True, simplify=False, device='cpu'))
    finally:
        tasks.BaseModel.fuse, torch.onnx.export = fuse, export


def _pieces(weights: Path) -> dict[bytes, int]:
    """Contents of a file's tensors -> their byte offsets."""
    data, result = weights.read_bytes(), {}
    with zipfile.ZipFile(weights) as archive:
        for entry in archive.infolist():
            assert entry.compress_type == zipfile.ZIP_STORED
            at = entry.header_offset + 26  # position of two lengths of two bytes each
            name, extra = (int.from_bytes(data[each:each + 2], 'little') for each in (at, at + 2))
            start = entry.header_offset + _HEADER_BYTES + name + extra
            result[data[start:start + entry.file_size]] = start
    return result


if __name__ == '__main__':
    write_graph(find_model(SHIPPED_MODEL), SHIPPED_GRAPH)
