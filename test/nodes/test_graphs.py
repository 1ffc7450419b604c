"""What `hemlets up` starts. That launch files start the same is tested in test_launch_files.py."""

import dataclasses

import pytest

from hemlets_ros.errors import SettingsError
from hemlets_ros.nodes.graphs import find_graph
from hemlets_ros.settings import NODE_SETTINGS

_NODES = ['recorder_node', 'pose_node', 'detector_node', 'camera_node']


def _named(name, values):
    return {process.name: process for process in find_graph(name).processes(values)}


def test_webcam_takes_the_camera_and_records_only_when_asked():
    assert list(_named('webcam', {})) == _NODES[1:]
    assert list(_named('webcam', {'json': 'a.json'})) == _NODES
    assert list(_named('webcam', {'bag_out': 'a.mcap', 'rviz': 'true'})) == [*_NODES[:3], 'rviz2', _NODES[3]]
    assert list(_named('webcam', {'source': ''})) == _NODES[1:-1], 'a driver of the user\'s own'
    assert find_graph('webcam').restarts({}) == 3
    assert find_graph('webcam').restarts({'respawn': 'false'}) == 0


def test_pose_takes_the_topics_of_an_existing_driver():
    processes = _named('pose', {
        'image_topic': '/camera/image_raw', 'camera_info_topic': '/camera/camera_info', 'namespace': 'robot',
        'device': 'cpu', 'use_sim_time': 'true'})
    assert list(processes) == ['pose_node', 'detector_node']
    assert processes['detector_node'].remappings == (
        ('image_raw', '/camera/image_raw'), ('camera_info', '/camera/camera_info'))
    for process in processes.values():
        assert process.namespace == 'robot'
        assert process.parameters['use_sim_time'] is True
    defaults = {field.name: field.default for group in NODE_SETTINGS['pose_node']
                for field in dataclasses.fields(group)}
    assert processes['pose_node'].parameters == defaults | {'device': 'cpu', 'use_sim_time': True}


def test_one_process_takes_the_place_of_two():
    separate, together = (_named('pose', {'one_process': value, 'device': 'cpu'})
                          for value in ('false', 'true'))
    assert list(together) == ['one_process']
    assert together['one_process'].parameters == \
        separate['pose_node'].parameters | separate['detector_node'].parameters


def test_several_pose_nodes_share_the_people():
    one, several = (find_graph('pose').processes({
        'pose_workers': value, 'namespace': 'robot', 'device': 'cpu'}) for value in ('0', '2'))
    assert [(process.name, process.executable, process.namespace) for process in several] == [
        ('pose_dispatcher_node', 'pose_dispatcher_node', 'robot'),
        ('pose_node_0', 'pose_node', 'robot/pose_worker_0'),
        ('pose_node_1', 'pose_node', 'robot/pose_worker_1'),
        ('detector_node', 'detector_node', 'robot')]
    assert several[0].parameters['pose_workers'] == 2
    for process in several[1:3]:
        assert process.parameters == one[0].parameters
        assert process.fixed == {'ros4hri': False}, 'the dispatcher publishes all bodies'


def test_video_loses_nothing_and_ends_with_the_file():
    camera = _named('video', {'source': 'a.mp4', 'json': 'a.json'})['camera_node']
    assert (camera.parameters['source'], camera.parameters['lossless']) == ('a.mp4', 'recorded')
    assert (find_graph('video').ends_with, find_graph('video').restarts({})) == ('camera_node', 0)
    with pytest.raises(SettingsError, match='video needs source: a video file, or a folder of images'):
        _named('video', {'json': 'a.json'})


def test_bag_is_played_in_its_own_time():
    processes = _named('bag', {'bag': 'my.mcap', 'topic': '/image', 'json': 'a.json'})
    camera = processes['camera_node'].parameters
    assert (camera['source'], camera['topic'], camera['lossless'], camera['clock']) == (
        'my.mcap', '/image', 'recorded', True)
    assert all(process.parameters['use_sim_time'] is True for process in processes.values())
    with pytest.raises(SettingsError, match='bag has no argument source'):
        _named('bag', {'source': 'my.mcap', 'json': 'a.json'})


@pytest.mark.parametrize(('name', 'value', 'read'), [
    ('source', '0', '0'), ('flip', 'True', True), ('flip', 'false', False), ('smoothing_beta', '2', 2.0),
    ('smoothing_beta', '1e-3', 0.001), ('max_persons', '3', 3), ('max_persons', 4, 4)])
def test_texts_become_values_of_their_parameters_type(name, value, read):
    processes = find_graph('webcam').processes({name: value})
    owner, = (process for process in processes if name in process.parameters)
    assert owner.parameters[name] == read
    assert type(owner.parameters[name]) is type(read)


def test_old_names_are_taken_with_a_warning(caplog):
    processes = _named('webcam', {'runtime': 'torch', 'shares': '2'})
    assert processes['pose_node_1'].parameters['backend'] == 'torch'
    assert 'parameter runtime is now called backend' in caplog.text


@pytest.mark.parametrize(('arguments', 'message'), [
    ({'wieghts': 'a'}, 'webcam has no argument wieghts; it has namespace'),
    ({'flip': 'perhaps'}, "flip must be bool, not 'perhaps'"),
    ({'max_persons': '2.5'}, "max_persons must be int, not '2.5'"),
    ({'score_threshold': '7'}, 'score_threshold must be between 0.0 and 1.0, not 7.0'),
    ({'variant': 'huge'}, 'variant must be one of'),
    ({'json': 'caf\udce9.json'}, 'is not UTF-8, as parameters of ROS must be')])
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(SettingsError, match=message):
        find_graph('webcam').processes(arguments)


def test_no_such_graph():
    with pytest.raises(SettingsError, match="no graph 'vidoe'; there are webcam, pose, video, bag"):
        find_graph('vidoe')
