"""What hemlets doctor finds here, and what it says of what is broken."""

import json
import os
import subprocess

import pytest

from hemlets_ros.cli.checks import installation, machine, ros
from hemlets_ros.cli.checks.check import FAULT, OK, OPTIONAL
from hemlets_ros.cli.main import main
from hemlets_ros.model.weights_files import SHIPPED, SHIPPED_SHA256, sha256
from hemlets_ros.system.shared_memory import BUILTIN_VARIABLE, PROFILE_VARIABLES, room_bytes


@pytest.fixture(autouse=True)
def fresh_environment(monkeypatch):
    for name in ('ROS_DOMAIN_ID', 'RMW_IMPLEMENTATION', 'ROS_LOCALHOST_ONLY', 'ROS_AUTOMATIC_DISCOVERY_RANGE',
                 *PROFILE_VARIABLES, BUILTIN_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    # A container may have less; tests of the graph say so themselves.
    monkeypatch.setattr(machine, 'room_bytes', lambda folder: (2 ** 30, 2 ** 30))


def test_the_report_as_text_and_as_json(capsys):
    assert main(['doctor']) == 0
    text = capsys.readouterr().out
    assert text.endswith('everything required is installed\n')
    assert main(['doctor', '--json']) == 0
    report = json.loads(capsys.readouterr().out)
    assert report['faults'] == 0
    states = {check['name']: check['state'] for check in report['checks']}
    assert states['weights'] == states['detector'] == states['inference'] == states['messages'] == OK
    assert all(f' {name} ' in text for name in states)


def test_a_fault_has_its_command_and_exit_status_1(monkeypatch, capsys):
    monkeypatch.setenv('ROS_DOMAIN_ID', '300')
    assert main(['doctor']) == 1
    printed = capsys.readouterr().out
    assert "ROS_DOMAIN_ID='300' is not a number from 0 to 232" in printed
    assert '-> unset ROS_DOMAIN_ID' in printed
    assert printed.endswith('1 fault: see the command after each ->\n')


def test_the_shipped_weights_are_those_that_are_named():
    assert sha256(SHIPPED) == SHIPPED_SHA256, 'set SHIPPED_SHA256 in model/weights_files.py'


def test_other_weights(tmp_path, monkeypatch):
    path = tmp_path / SHIPPED.name
    monkeypatch.setattr(installation, 'SHIPPED', path)
    assert 'no weights file' in installation.weights().found
    path.write_bytes(SHIPPED.read_bytes()[:-1])
    check = installation.weights()
    assert check.state == FAULT and 'is not the file that this package was published with' in check.found


@pytest.mark.parametrize(('total_mib', 'free_mib', 'state', 'found'), [
    (1024, 900, OK, ': 900 of 1024 MiB free'),
    (64, 60, OPTIONAL, ': 60 of 64 MiB free; nodes send images above 7 MiB in parts, more slowly'),
    (64, 4, FAULT, ': 4 of 64 MiB free; nodes send images by UDP')])
def test_shared_memory_as_the_nodes_will_use_it(tmp_path, monkeypatch, total_mib, free_mib, state, found):
    monkeypatch.setattr(machine, 'room_bytes', lambda folder: (total_mib << 20, free_mib << 20))
    check = machine.shared_memory(tmp_path)
    assert check.state == state and check.found.startswith(f'{tmp_path}{found}')
    assert ('--shm-size=1g' in check.mend) == (state != OK)
    monkeypatch.setenv(BUILTIN_VARIABLE, 'UDPv4')
    assert machine.shared_memory(tmp_path).found == 'left to $FASTDDS_BUILTIN_TRANSPORTS'


def test_no_shared_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, 'room_bytes', room_bytes)
    assert machine.shared_memory(tmp_path / 'none').state == FAULT


def test_cameras(tmp_path, monkeypatch):
    assert machine.cameras(tmp_path).state == OPTIONAL
    for name in ('video0', 'video1'):
        (tmp_path / name).touch()
    assert machine.cameras(tmp_path).found == 'video0, video1'
    monkeypatch.setattr(os, 'access', lambda path, mode: path.name != 'video1')
    check = machine.cameras(tmp_path)
    assert (check.state, check.found) == (FAULT, 'video1 may not be opened by this user')


def test_a_cache_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / 'file').touch()
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'file'))
    assert machine.cache().state == FAULT and 'XDG_CACHE_HOME' in machine.cache().mend


def test_a_middleware_that_is_not_installed(monkeypatch):
    monkeypatch.setenv('RMW_IMPLEMENTATION', 'rmw_telepathy')
    check = ros.middleware()
    assert (check.state, check.mend) == (FAULT, 'unset RMW_IMPLEMENTATION')
    monkeypatch.setenv('RMW_IMPLEMENTATION', 'rmw_fastrtps_cpp')
    assert ros.middleware().state == OK


def test_a_domain_of_ones_own(monkeypatch):
    monkeypatch.setenv('ROS_DOMAIN_ID', '7')
    monkeypatch.setenv('ROS_LOCALHOST_ONLY', '1')
    assert ros.domain().found == '7 ($ROS_DOMAIN_ID); only this machine is seen'


def test_what_is_missing(monkeypatch):
    for module in (ros, installation):
        monkeypatch.setattr(module, 'find_spec', lambda name: None)
    monkeypatch.setattr(installation, 'versions_of', lambda backend: ())
    states = {check.name: check.state for check in [*ros.checks(), *installation.checks()]}
    assert states['ROS 2'] == states['messages'] == states['inference'] == states['packages'] == FAULT
    assert states['cv_bridge'] == states['extra [ultralytics]'] == states['extra [train]'] == OPTIONAL


def test_every_command_is_one():
    for check in [*machine.checks(), *ros.checks(), *installation.checks()]:
        line = check.mend.partition('    (')[0].partition(' in the folder')[0]
        subprocess.run(['bash', '-n', '-c', line], check=True)
