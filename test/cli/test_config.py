import dataclasses
from pathlib import Path

import yaml

from hemlets_ros.cli.config import parameter_file
from hemlets_ros.settings import NODE_SETTINGS

_FILE = Path(__file__).parents[2] / 'config' / 'hemlets.yaml'


def test_shipped_file_is_fresh():
    assert _FILE.read_text() == parameter_file(), 'run: hemlets config > config/hemlets.yaml'


def test_every_parameter_is_in_it_once():
    content = yaml.safe_load(parameter_file())
    assert content.keys() == {'/**'}, 'any node in any namespace, also for ros2 param load'
    assert content['/**']['ros__parameters'] == {
        field.name: field.default for groups in NODE_SETTINGS.values() for group in groups
        for field in dataclasses.fields(group)}
    lines = [line.partition(':')[0].strip() for line in parameter_file().splitlines()]
    assert lines.count('autostart') == lines.count('unseen_joints') == 1
    nodes = '# detector_node, pose_node, pose_dispatcher_node'
    assert lines.index(nodes) < lines.index('unseen_joints') < lines.index('# pose_dispatcher_node')
