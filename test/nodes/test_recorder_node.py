"""The recorder node in this process: files that are there, files of others, disks that are full."""

import json
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.parameter import Parameter
from std_msgs.msg import Header

from hemlets_ros.errors import OutputError
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.nodes.diagnostics import status
from hemlets_ros.nodes.messages import frame_to_message
from hemlets_ros.nodes.recorder_node import RecorderNode
from hemlets_ros.people import Frame, Person, TrackingState, WeightsInfo
from hemlets_ros.settings import SourceSettings
from hemlets_ros.sources import open_source
from hemlets_ros.system.output_path import OutputClaim

_CAMERA = Intrinsics(np.array([[900.0, 0, 320], [0, 910, 240], [0, 0, 1]]))


def skeletons(sec):
    person = Person(
        id=7, score=0.75, tracking=TrackingState.OK, box_px=np.array([1.0, 2, 30, 40]),
        joints_px=np.ones((18, 2)), joints_mm=np.ones((18, 3)), confidence=np.full(18, 0.5),
        crop_to_image=np.array([[0.5, 0, 3], [0, 0.5, 4]]))
    frame = Frame([person], float(sec), _CAMERA, (640, 480), WeightsInfo('w'))
    return frame_to_message(frame, Header(stamp=Time(sec=sec), frame_id='eye'))


@pytest.fixture
def recorder(context, tmp_path, monkeypatch):
    """Makes a recorder in the current folder; .heard are the stamps that it acknowledged."""
    monkeypatch.chdir(tmp_path)
    nodes = []

    def make(**values):
        node = RecorderNode(context=context, parameter_overrides=[
            Parameter(name, value=value) for name, value in {'json': 'a.json', **values}.items()])
        nodes.append(node)
        node.started = node.start()
        if node.started:
            node.heard = []
            monkeypatch.setattr(node._recorded, 'publish', lambda header: node.heard.append(header.stamp.sec))
        return node

    yield make
    for node in nodes:
        node.destroy_node()


def take(node, *seconds):
    for sec in seconds:
        node._on_skeletons(skeletons(sec), {})


def recorded(path):
    return [round(frame['stamp_s']) for frame in json.loads(path.read_text())['frames']]


@pytest.mark.parametrize('values', [
    {}, {'json': '', 'course_json': 'a.json'}, {'json': '', 'bag_out': 'a.mcap'}])
def test_files_that_exist_are_refused_unless_they_may_be_replaced(recorder, tmp_path, values):
    path = tmp_path / (values.get('bag_out') or 'a.json')
    path.write_text('results of a day')
    node = recorder(**values)
    assert not node.started
    assert node.failure == (f'cannot write {path.name}: it exists; add --overwrite (nodes: '
                            'overwrite:=true) to replace it, or choose another name')
    assert path.read_text() == 'results of a day'
    node = recorder(**values, overwrite=True)
    take(node, 1)
    node.trigger_deactivate()
    assert path.read_bytes()[:10] != b'results of' and node.heard == [1]


def test_another_recorder_s_file_is_refused(recorder, tmp_path):
    first = recorder()
    take(first, 1, 2)
    second = recorder(overwrite=True)
    assert not second.started and 'another process is writing it' in second.failure
    take(first, 3)
    assert recorded(tmp_path / 'a.json') == [1, 2, 3]


def test_the_restart_of_a_killed_recorder_keeps_its_files(recorder, tmp_path):
    code = f'''import os, signal, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
os.chdir({str(tmp_path)!r})
import rclpy
from rclpy.parameter import Parameter
from test_recorder_node import RecorderNode, take
rclpy.init()
node = RecorderNode(parameter_overrides=[
    Parameter('json', value='a.json'), Parameter('bag_out', value='a.mcap')])
assert node.start()
take(node, 1, 2, 3)
os.kill(os.getpid(), signal.SIGKILL)'''
    assert subprocess.run([sys.executable, '-c', code], check=False).returncode == -signal.SIGKILL
    assert recorded(tmp_path / 'a.json') == [1, 2, 3]
    for number in (2, 3):  # also the restart of a restart
        node = recorder(bag_out='a.mcap', overwrite=number == 3)
        take(node, 10 * number)
        node.trigger_deactivate()
        assert recorded(tmp_path / f'a_{number}.json') == [10 * number]
        assert (tmp_path / f'a_{number}.mcap').is_file()
    assert recorded(tmp_path / 'a.json') == [1, 2, 3]
    assert _bag_stamps(tmp_path / 'a.mcap.part') == [1, 2, 3]


def _bag_stamps(path):
    """Of the skeletons in a bag, also in one that was cut off."""
    from rosbags.highlevel import AnyReader
    from rosbags.typesys import Stores, get_typestore

    from hemlets_ros.sources import mcap_salvage

    file = next(path.glob('*.mcap')) if path.is_dir() else path
    whole, _ = mcap_salvage.salvage(file, path.parent / f'{path.name}.whole')
    with AnyReader([whole], default_typestore=get_typestore(Stores.LATEST)) as reader:
        return [reader.deserialize(data, connection.msgtype).header.stamp.sec
                for connection, _, data in reader.messages() if connection.topic == '/skeletons']


def test_takes_never_use_a_file_that_is_there(recorder, tmp_path):
    (tmp_path / 'a_2.json').write_text('of yesterday')
    node = recorder()
    take(node, 1)
    node._stop()
    assert node._start() == 'recording to a_3.json'
    take(node, 2)
    assert (tmp_path / 'a_2.json').read_text() == 'of yesterday'
    assert recorded(tmp_path / 'a_3.json') == [2]


@pytest.mark.parametrize('values', [{}, {'json': '', 'bag_out': 'a.mcap'}])
def test_a_full_disk_is_told_and_nothing_is_acknowledged_that_is_not_there(recorder, tmp_path, values):
    node = recorder(**values)
    take(node, 1)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    sizes = [path.stat().st_size for path in tmp_path.rglob('a*') if path.is_file()]
    resource.setrlimit(resource.RLIMIT_FSIZE, (max(sizes) + 5000, before[1]))
    try:
        with pytest.raises(OutputError, match=r'cannot write a\.\w+: File too large'):
            take(node, *range(2, 200))
        node.report_failure('cannot write')
        said = status(node.health())
        node.trigger_deactivate()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (said.level, said.message) == (DiagnosticStatus.ERROR, 'cannot write')
    stamps = recorded(tmp_path / 'a.json') if not values else _bag_stamps(tmp_path / 'a.mcap')
    assert stamps == node.heard == list(range(1, len(stamps) + 1))


@pytest.mark.parametrize('values', [{}, {'json': '', 'bag_out': 'out/a.mcap'}])
def test_a_folder_that_is_taken_away_is_told(recorder, tmp_path, values):
    (tmp_path / 'out').mkdir()
    node = recorder(**{'json': 'out/a.json', **values})
    take(node, 1)
    shutil.rmtree(tmp_path / 'out')
    with pytest.raises(OutputError, match='it was deleted by another process'):
        take(node, 2)
    assert node.heard == [1]


def test_bad_messages_are_refused_and_the_next_good_one_is_recorded(recorder, tmp_path):
    node = recorder(course_json='c.json', bag_out='a.mcap')
    bad = skeletons(2)
    bad.skeletons[0].joints[0].x = float('nan')
    take(node, 1)
    node._on_skeletons(bad, {})
    take(node, 3)
    assert node.heard == recorded(tmp_path / 'a.json') == [1, 3]
    assert len(json.loads((tmp_path / 'c.json').read_text())['output']) == 2


def test_a_claim_elsewhere_does_not_disturb(recorder, tmp_path):
    claim = OutputClaim(tmp_path / 'other.json')
    assert recorder().started
    claim.release()
    assert not list(tmp_path.glob('.other*'))


def test_an_image_bag_of_a_killed_process_is_read(tmp_path):
    code = f'''import os, signal, numpy as np
from hemlets_ros.nodes.image_bag import ImageBag
bag = ImageBag({str(tmp_path / 'a.mcap')!r}, '/cam/image_raw', 'raw', 'eye', None)
for number in range(40):
    bag.append(np.full((200, 300, 3), number, np.uint8), number * 10 ** 8)
os.kill(os.getpid(), signal.SIGKILL)'''
    # Elsewhere than in the sources, which have no built messages.
    killed = subprocess.run([sys.executable, '-c', code], check=False, cwd=tmp_path)
    assert killed.returncode == -signal.SIGKILL
    source = open_source(SourceSettings(source=str(tmp_path / 'a.mcap.part')))
    values = [item.image[0, 0, 0] for item in source]
    assert len(values) > 20 and values == list(range(len(values)))
