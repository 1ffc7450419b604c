"""Nodes that ROS itself refuses."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize('node', ['recorder_node', 'camera_node'])
def test_a_node_without_a_key_where_security_is_enforced_says_so_in_a_line(node, tmp_path):
    (tmp_path / 'enclaves').mkdir()
    security = {'ROS_SECURITY_ENABLE': 'true', 'ROS_SECURITY_STRATEGY': 'Enforce',
                'ROS_SECURITY_KEYSTORE': str(tmp_path)}
    ended = subprocess.run([sys.executable, '-m', f'hemlets_ros.nodes.{node}'], check=False, text=True,
                           capture_output=True, env={**os.environ, **security}, cwd=tmp_path)
    lines = [line for line in ended.stderr.splitlines() if not line.startswith('[INFO]')]
    assert ended.returncode == 1 and len(lines) == 1, ended.stderr
    assert lines[0].startswith('[FATAL]') and f'[{node}]: ' in lines[0] and ', at /' not in lines[0]
    # The wheels' middleware has no security at all; one that has it finds no key.
    assert 'security' in lines[0].lower()
