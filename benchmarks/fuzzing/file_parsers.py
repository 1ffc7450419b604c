"""Files other than images that a robot reads: calibrations, weights, detectors, results."""

from __future__ import annotations

import json
import random
import struct
import tempfile
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import onnx
import safetensors.torch
import torch
import yaml

from fuzzing.mutations import damaged_bytes, damaged_json, damaged_text, damaged_value
from fuzzing.parsers import Parser
from fuzzing.source_parsers import pictures
from hemlets_ros.body.recorded_motion import recorded_motion
from hemlets_ros.body.world import level_camera
from hemlets_ros.detection.darknet import DarknetDetector
from hemlets_ros.detection.onnx_yolo import OnnxYoloDetector
from hemlets_ros.errors import HemletsError
from hemlets_ros.geometry.calibration import read_calibration
from hemlets_ros.inference.onnx_file import read_onnx
from hemlets_ros.inference.onnx_network import CROPS
from hemlets_ros.inference.onnxruntime_backend import OnnxRuntimeSession
from hemlets_ros.model import checkpoints, weights_files
from hemlets_ros.model.model_config import VARIANTS
from hemlets_ros.model.weights_files import CONFIG_KEY, JOINTS_KEY
from hemlets_ros.results.person_motion import motions, write_csv
from hemlets_ros.results.skeleton_json import read_head, read_skeletons
from hemlets_ros.settings import DetectorSettings
from hemlets_ros.skeleton import JOINT_NAMES


def _calibrations(folder: Path) -> list[Path]:
    path = folder / 'calibration.yaml'
    path.write_text(yaml.safe_dump({
        'image_width': 64, 'image_height': 48, 'camera_name': 'a', 'distortion_model': 'plumb_bob',
        'camera_matrix': {'rows': 3, 'cols': 3, 'data': [50.0, 0, 32, 0, 50, 24, 0, 0, 1]},
        'distortion_coefficients': {'rows': 1, 'cols': 5, 'data': [0.1, 0, 0, 0, 0]}}))
    return [path]


def _weights(folder: Path) -> list[Path]:
    path = folder / 'a.safetensors'
    safetensors.torch.save_file({'a.weight': torch.ones(4, 3), 'a.bias': torch.ones(4)}, str(path), {
        CONFIG_KEY: VARIANTS['lite'].to_json(), JOINTS_KEY: json.dumps(JOINT_NAMES), 'training': '{"a": 1}'})
    checkpoints.save(checkpoints.load('random', 'lite'), folder / 'whole.safetensors', half=True)
    return [path, path, path, folder / 'whole.safetensors']  # the complete file is rare, because it is slow


def _load_weights(path: Path) -> None:
    weights_files.training_facts(path)
    checkpoints.load(path)


def _damaged_weights(data: bytes, rng: random.Random) -> bytes:
    """Damages mostly the head, which is JSON."""
    size, = struct.unpack_from('<Q', data)
    if rng.randrange(2):
        return damaged_bytes(data, rng)
    head = json.loads(data[8:8 + size])
    if rng.randrange(2):
        config = json.loads(head['__metadata__'][CONFIG_KEY])
        head['__metadata__'][CONFIG_KEY] = json.dumps(damaged_value(config, rng))
    else:
        head = damaged_value(head, rng)
    text = json.dumps(head).encode('utf-8', 'surrogatepass')
    return struct.pack('<Q', len(text)) + text + data[8 + size:]


def _state_dicts(folder: Path) -> list[Path]:
    torch.save({'a.weight': torch.ones(4, 3), 'a.bias': torch.ones(4)}, folder / 'a.pth')
    torch.save({'a': torch.ones(2)}, folder / 'old.pth', _use_new_zipfile_serialization=False)
    return [folder / 'a.pth', folder / 'old.pth']


def _networks(folder: Path, yolo: bool) -> list[Path]:
    """A network of one convolution, with metadata like those of our exports or of ultralytics."""
    from onnx import TensorProto, helper, numpy_helper

    rows = 5 if yolo else 3
    kernel = numpy_helper.from_array(np.full((rows, 3, 32, 32), 1e-3, np.float32), 'kernel')
    shape = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node('Conv', [CROPS, 'kernel'], ['c'], strides=[32, 32]),
         helper.make_node('Reshape', ['c', 'shape'], ['joints'])], 'g',
        [shape(CROPS, TensorProto.FLOAT, [1, 3, 'h', 'w'])],
        [shape('joints', TensorProto.FLOAT, [1, rows, 'n'])],
        [kernel, numpy_helper.from_array(np.array([1, rows, -1], np.int64), 'shape')])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8)
    helper.set_model_props(model, {'stride': '32', 'names': "{0: 'person'}"} if yolo else {
        CONFIG_KEY: VARIANTS['lite'].to_json(), JOINTS_KEY: json.dumps(JOINT_NAMES)})
    onnx.save(model, folder / 'a.onnx')
    return [folder / 'a.onnx']


def _read_network(path: Path) -> None:
    OnnxRuntimeSession(read_onnx(path).model, 'cpu')


def _read_yolo(path: Path) -> None:
    OnnxYoloDetector(path, DetectorSettings(detector_model=str(path)))(_picture(), 0.3)


@cache
def _picture() -> np.ndarray:
    return pictures(1)[0]


_CFG = b"""[net]
width=32
height=32
channels=3

[convolutional]
batch_normalize=1
filters=4
size=3
stride=1
pad=1
activation=leaky

[maxpool]
size=32
stride=32
padding=0

[route]
layers=-1

[convolutional]
filters=21
size=1
stride=1
pad=0
activation=linear

[yolo]
mask=0,1,2
anchors=10,13, 16,30, 8,4
classes=2
num=3
"""


def _darknets(folder: Path) -> list[Path]:
    (folder / 'net.cfg').write_bytes(_CFG)
    floats = 4 * 4 + 4 * 27 + 21 + 21 * 4
    head = struct.pack('<iiiq', 0, 2, 0, 0)
    (folder / 'net.weights').write_bytes(head + np.full(floats, .1, '<f4').tobytes())
    (folder / 'net.txt').write_text('dog\nperson\n')
    return [folder / 'net.cfg']


def _read_darknet(path: Path) -> None:
    # The weights and names of the undamaged network are in the folder of the seeds.
    whole = path.parent.parent / 'seeds'
    DarknetDetector(DetectorSettings(
        detector='darknet', detector_size_px=32, darknet_config=str(path),
        darknet_classes=str(whole / 'net.txt'), darknet_weights=str(whole / 'net.weights')))(_picture(), 0.3)


def _results(folder: Path, frames: int) -> list[Path]:
    from fuzzing.message_parsers import frame
    from hemlets_ros.results.skeleton_json import SkeletonJson

    file = SkeletonJson(folder / 'a.json', 'clip')
    people = [replace(person, id=number) for number, person in enumerate(frame().people)]
    for number in range(frames):
        file.append(replace(frame(), people=people, stamp_s=number / 30))
    file.close()
    return [folder / 'a.json']


def _read_results(path: Path) -> None:
    with suppress(HemletsError):
        read_head(path)
    frames = read_skeletons(path)
    with tempfile.TemporaryDirectory() as folder:
        write_csv(Path(folder, 'a.csv'), frames)


def _read_motions(path: Path) -> None:
    for motion in motions(read_skeletons(path)):
        if len(motion.stamps_s) > 1:
            recorded_motion(motion.id, motion.joints_mm, motion.stamps_s, level_camera(), 30.0)


PARSERS = {
    'calibration': Parser(_calibrations, read_calibration, damaged_text),
    'weights .safetensors': Parser(_weights, _load_weights, _damaged_weights),
    'weights .pth': Parser(_state_dicts, checkpoints.load),
    'network .onnx': Parser(partial(_networks, yolo=False), _read_network),
    'detector .onnx': Parser(partial(_networks, yolo=True), _read_yolo),
    'detector .cfg': Parser(_darknets, _read_darknet, damaged_text),
    'results .json': Parser(partial(_results, frames=2), _read_results, damaged_json),
    # Motions must have 20 frames, which take ten times as long.
    'motions in results': Parser(partial(_results, frames=20), _read_motions, damaged_json),
}
