"""The benchmarks that need nothing but this package, each in a short run of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

_BENCHMARKS = Path(__file__).parents[2] / 'benchmarks'
_CLIP = Path(__file__).parents[1] / 'data' / 'two_people.mp4'


@pytest.fixture
def run(tmp_path):
    """Runs a benchmark; gives its figures."""

    def run(script, *arguments):
        file = tmp_path / 'figures.json'
        subprocess.run([sys.executable, _BENCHMARKS / script, *arguments, '--json', file], check=True,
                       stdout=subprocess.DEVNULL)
        return json.loads(file.read_text())

    return run


def test_detect_every(run):
    figures = run('detect_every.py', '--frames', '4', '--every', '2')
    assert figures['frames'] == 4
    one, two = figures['every']['1'], figures['every']['2']
    assert one['moved_mm'] == one['missed'] == 0
    assert two['between_mm'] > 0
    assert two['detector_ms'] == pytest.approx(one['detector_ms'] / 2, abs=0.1)


def test_follow(run):
    rows = run('follow.py', '--frames', '3', '--source', _CLIP)[_CLIP.name]
    assert rows['always']['moved_mm'] == rows['auto']['missed'] == 0
    assert rows['always']['whole'] == 1 and rows['auto']['whole'] == pytest.approx(1 / 3)
    assert rows['auto']['windows'] == pytest.approx(4 / 3), 'one a person'
    assert 0 < rows['auto']['moved_mm'] < rows['image alone']['moved_mm']


def test_overlap(run):
    figures = run('overlap.py', '--frames', '3', '--repeats', '1')
    assert (figures['frames'], figures['people']) == (3, 6)
    assert figures['slowest'] in ('detect', 'pose')


def test_reading(run):
    figures = run('reading.py', '--frames', '12', '--samples', '2', '--repetitions', '1')
    assert figures['setting']['samples'] == 3
    assert figures['times_seeking']['seeking'] == 1
    assert figures['times_seeking'].keys() == {'seeking', 'in order', 'shards'}


def test_live_age(run):
    modes = run('live_age.py', '--model-s', '0.1', '--images', '20')['modes']
    assert modes.keys() == {'separate processes', 'one process'}
    assert all(mode['skeletons'] > 0 and 100 <= mode['compute_ms'] < mode['age_ms']['max']
               for mode in modes.values())


def test_ros_graph(run):
    modes = run('ros_graph.py', '--images', '10')['modes']
    assert modes['one process']['cpu_ms_per_image'].keys() == {'one_process', 'recorder_node'}
    assert modes['separate processes']['cpu_ms_per_image'].keys() == {
        'detector_node', 'pose_node', 'recorder_node'}
    assert all(mode['overhead_ms']['p50'] > 0 for mode in modes.values())


def test_load(run):
    # Bounds of time and memory are for a machine of its own, and a minute.
    figures = run('load.py', '--seconds', '5', '--cameras', '2', '--people', '10', '--slope-mb-min', 'inf',
                  '--age-s', '60')
    assert figures['faults'] == []
    assert all(camera['published'] > 1 for camera in figures['cameras'].values())
    assert figures['slope_mb_min'].keys() == {
        'camera_0/one_process', 'camera_1/one_process', 'recording/recorder_node'}


def test_cost(tmp_path):
    file, page = tmp_path / 'cost.json', tmp_path / 'page.md'
    page.write_text('before\n<!-- cost.py -->\nold\n<!-- cost.py ends -->\nafter\n')
    script = [sys.executable, _BENCHMARKS / 'cost.py']
    subprocess.run([*script, '--measure', file, '--frames', '3', '--most-people', '1'], check=True,
                   stdout=subprocess.DEVNULL)
    measured = json.loads(file.read_text())
    always, auto = (measured['ways'][way]['1'] for way in ('always', 'auto'))
    assert always['people'] == auto['people'] == 1
    assert auto['find'] < always['find'], 'a window is smaller than the whole image'
    measured |= {'decode_ms': 1.0, 'write_ms': 1.0, 'ways': {
        'always': {'1': {'find': 20.0, 'pose': 8.0, 'people': 1}},
        'auto': {'1': {'find': 2.0, 'pose': 8.0, 'people': 1}}}}
    file.write_text(json.dumps(measured))
    subprocess.run([*script, file, '--into', page, '--load', '0.5', '--price', '0.1'], check=True)
    text = page.read_text()
    assert text.startswith('before\n') and text.endswith('after\n') and 'old' not in text
    assert '| 1 | always | 20.0 + 8.0 | 0.090 | 33.3 | 1,800 | 180 |' in text
    assert '| 1 | auto | 2.0 + 8.0 | 0.036 | 83.3 | 720 | 72 |' in text


def test_pose_workers(run):
    workers = run('pose_workers.py', '--workers', '0', '2', '--images', '4', '--people', '4',
                  '--crop-ms', '50', '--size', '320x240')['workers']
    one, two = workers['0'], workers['2']
    assert one['people'] == two['people'] == 4
    assert two['p50_ms'] >= 100 and one['p50_ms'] >= 200, '50 ms a person of each node'
    assert two['cpu_ms_per_image'].keys() == {
        'detector_node', 'pose_dispatcher_node', 'pose_node_0', 'pose_node_1'}
