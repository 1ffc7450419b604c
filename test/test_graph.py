"""Graphs as config/graphs.yaml describes them."""

import dataclasses
from pathlib import Path

import pytest
import yaml

from hemlets_ros.errors import SettingsError
from hemlets_ros.graph import graph_names, read_graph
from hemlets_ros.settings import NODE_SETTINGS

_NODES = ['recorder_node', 'pose_node', 'detector_node', 'camera_node']


def _named(processes):
    return {process.name: process for process in processes}


def test_every_graph_has_its_launch_file():
    launch = Path(__file__).parents[1] / 'launch'
    assert sorted(path.name for path in launch.iterdir()) == sorted(
        f'{name}.launch.py' for name in graph_names())


@pytest.mark.parametrize('name', graph_names())
def test_arguments_are_the_nodes_parameters_with_their_defaults(name):
    graph = read_graph(name)
    for part in graph.parts:
        for group in NODE_SETTINGS.get(part, ()):
            for field in dataclasses.fields(group):
                if (name, field.name) in {('video', 'source'), ('video', 'lossless'), ('bag', 'source'),
                                          ('bag', 'lossless'), ('bag', 'clock'),
                                          ('video', 'share_timeout_s'), ('bag', 'share_timeout_s')}:
                    continue  # set by the graph
                assert graph.arguments[field.name].default == field.default
                assert graph.arguments[field.name].metadata['description'] == field.metadata['description']
    assert all(field.metadata['description'] for field in graph.arguments.values())


def test_nothing_in_the_file_is_without_effect():
    content = yaml.safe_load((Path(__file__).parents[1] / 'config' / 'graphs.yaml').read_text())
    known = {field.name for groups in NODE_SETTINGS.values() for group in groups
             for field in dataclasses.fields(group)} | content['arguments'].keys()
    for said in content['graphs'].values():
        assert said.keys() <= {'about', 'parts', 'restarts', 'needs', 'set', 'ends_with', 'rename'}
        assert set(said['parts']) <= content['parts'].keys()
        renamed = said.get('rename', {})
        needed = {name for each in said.get('needs', ())
                  for name in ([each] if isinstance(each, str) else each)}
        assert {renamed.get(name, name) for name in (*said.get('set', {}), *needed)} <= known
    for part in content['parts'].values():
        assert part.keys() <= {'when', 'unless', 'command', 'nodes', 'copies', 'remap_copies'}
        assert {*part.get('when', ()), *part.get('unless', ()), *filter(None, [part.get('copies')])} <= known
        assert ('copies' in part) == ('remap_copies' in part)
        assert set(part.get('nodes', ())) <= NODE_SETTINGS.keys()


def test_webcam_takes_the_camera_and_records_only_when_asked():
    graph = read_graph('webcam')
    assert list(_named(graph.processes({}))) == _NODES[1:]
    assert list(_named(graph.processes({'json': 'a.json'}))) == _NODES
    assert list(_named(graph.processes({'bag_out': 'a.mcap', 'rviz': 'true'}))) == [*_NODES, 'rviz']
    assert list(_named(graph.processes({'source': ''}))) == _NODES[1:-1], 'a driver of the user\'s own'
    assert (graph.restarts, graph.ends_with) == (3, '')


def test_pose_takes_the_topics_of_an_existing_driver():
    processes = _named(read_graph('pose').processes({
        'image_topic': '/camera/image_raw', 'camera_info_topic': '/camera/camera_info', 'namespace': 'robot',
        'device': 'cpu', 'use_sim_time': 'true'}))
    assert list(processes) == ['pose_node', 'detector_node']
    for process in processes.values():
        assert process.remappings == (
            ('image_raw', '/camera/image_raw'), ('camera_info', '/camera/camera_info'))
        assert process.namespace == 'robot'
        assert process.parameters['use_sim_time'] is True
    defaults = {field.name: field.default for group in NODE_SETTINGS['pose_node']
                for field in dataclasses.fields(group)}
    assert processes['pose_node'].parameters == defaults | {'device': 'cpu', 'use_sim_time': True}


def test_one_process_takes_the_place_of_two():
    separate, together = (_named(read_graph('pose').processes({'one_process': value, 'device': 'cpu'}))
                          for value in ('false', 'true'))
    assert list(together) == ['one_process']
    assert together['one_process'].parameters == \
        separate['pose_node'].parameters | separate['detector_node'].parameters


def test_several_pose_nodes_share_the_people():
    alone, shared = (read_graph('pose').processes({'shares': value, 'namespace': 'robot', 'device': 'cpu'})
                     for value in ('0', '2'))
    assert [process.name for process in alone] == ['pose_node', 'detector_node']
    assert [process.name for process in shared] == [
        'sharing_node', 'pose_node_0', 'pose_node_1', 'detector_node']
    assert [(process.node, process.namespace) for process in shared] == [
        ('sharing_node', 'robot'), ('pose_node', 'robot/share_0'), ('pose_node', 'robot/share_1'),
        ('detector_node', 'robot')]
    assert shared[0].parameters['shares'] == 2
    for process in shared[1:3]:
        assert process.parameters == alone[0].parameters
        assert process.remappings == (('/humans/bodies/tracked', 'humans/bodies/tracked'),)
    with pytest.raises(SettingsError, match='pose takes only one of one_process, shares'):
        read_graph('pose').processes({'one_process': 'true', 'shares': '2'})


def test_video_loses_nothing_and_ends_with_the_file():
    graph = read_graph('video')
    camera = _named(graph.processes({'source': 'a.mp4', 'json': 'a.json'}))['camera_node']
    assert (camera.parameters['source'], camera.parameters['lossless']) == ('a.mp4', 'recorded')
    assert (graph.ends_with, graph.restarts) == ('camera_node', 0)
    with pytest.raises(SettingsError, match='video needs source: images: a USB camera'):
        graph.processes({'json': 'a.json'})
    with pytest.raises(SettingsError, match='video needs json or course_json or bag_out: file for'):
        graph.processes({'source': 'a.mp4'})


def test_bag_is_played_in_its_own_time():
    processes = _named(read_graph('bag').processes({'bag': 'my.mcap', 'topic': '/image', 'json': 'a.json'}))
    camera = processes['camera_node'].parameters
    assert (camera['source'], camera['topic'], camera['lossless'], camera['clock']) == (
        'my.mcap', '/image', 'recorded', True)
    assert all(process.parameters['use_sim_time'] is True for process in processes.values())


def test_rviz_shows_our_file():
    rviz = _named(read_graph('webcam').processes({'rviz': True}))['rviz']
    assert rviz.command[:2] == ('rviz2', '-d')
    assert rviz.command[2].endswith('/share/hemlets_ros/config/hemlets.rviz')


@pytest.mark.parametrize(('name', 'value', 'read'), [
    ('source', '0', '0'), ('flip', 'True', True), ('flip', 'false', False), ('smoothing_beta', '2', 2.0),
    ('smoothing_beta', '1e-3', 0.001), ('max_persons', '3', 3), ('max_persons', 4, 4)])
def test_texts_become_values_of_their_parameters_type(name, value, read):
    for process in read_graph('webcam').processes({name: value}):
        if name in process.parameters:
            assert process.parameters[name] == read
            assert type(process.parameters[name]) is type(read)


@pytest.mark.parametrize(('arguments', 'message'), [
    ({'wieghts': 'a'}, 'webcam has no argument wieghts; there are namespace'),
    ({'flip': 'perhaps'}, "flip must be bool, not 'perhaps'"),
    ({'max_persons': '2.5'}, "max_persons must be int, not '2.5'"),
    ({'score_threshold': '7'}, 'score_threshold must be between 0.0 and 1.0, not 7.0'),
    ({'variant': 'huge'}, 'variant must be one of')])
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(SettingsError, match=message):
        read_graph('webcam').processes(arguments)


def test_no_such_graph():
    with pytest.raises(SettingsError, match="no graph 'vidoe'; there are webcam, pose, video, bag"):
        read_graph('vidoe')
