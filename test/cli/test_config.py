from pathlib import Path

import yaml

from hemlets_ros.cli.config import parameter_file
from hemlets_ros.settings import NODE_SETTINGS

_FILE = Path(__file__).parents[2] / 'config' / 'hemlets.yaml'


def test_shipped_file_is_fresh():
    assert _FILE.read_text() == parameter_file(), 'run: hemlets config > config/hemlets.yaml'


def test_every_node_has_its_parameters():
    content = yaml.safe_load(parameter_file())
    assert content.keys() == {f'/**/{node}' for node in NODE_SETTINGS}
    assert content['/**/pose_node']['ros__parameters']['flip'] is False
    assert content['/**/camera_node']['ros__parameters']['source'] == '0'
