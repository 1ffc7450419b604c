"""Launch files and `hemlets up` start the same nodes. Launch files are evaluated by launch_api.py."""

from pathlib import Path

import launch_api
import pytest

from hemlets_ros.errors import SettingsError
from hemlets_ros.nodes.graphs import GRAPHS, find_graph

_LAUNCH = Path(__file__).parents[2] / 'launch'
_NEEDS = {'webcam': {}, 'pose': {}, 'video': {'source': 'a.mp4', 'json': 'a.json'},
          'bag': {'bag': 'a.mcap', 'json': 'a.json'}}


@pytest.fixture
def launch(monkeypatch):
    """Evaluates the launch file of a graph, with arguments."""
    launch_api.stand_in(monkeypatch)
    return lambda name, **values: launch_api.evaluate(_LAUNCH / f'{name}.launch.py', **values)


@pytest.fixture
def declared(monkeypatch):
    """The arguments of a launch file."""
    launch_api.stand_in(monkeypatch)
    return lambda name: launch_api.declared(launch_api.load(_LAUNCH / f'{name}.launch.py'))


def _started(context):
    """(namespace, executable) -> all else of each node that a launch file starts."""
    nodes = {(node.namespace, node.executable): {
        'package': node.package, 'parameters': node.parameters, 'fixed': node.fixed,
        'remappings': node.remappings,
        'arguments': node.arguments, 'respawn': node.respawn,
        'params_files': [file for file in node.params_files if not file.endswith('/no_parameters.yaml')]}
        for node in context.nodes}
    assert len(nodes) == len(context.nodes)
    return nodes


def _listed(name, values):
    """The same of `hemlets up`."""
    graph = find_graph(name)
    respawn = graph.restarts(values) > 0
    return {(process.namespace, process.executable): {
        'package': process.package, 'parameters': process.parameters, 'fixed': process.fixed,
        'remappings': list(process.remappings), 'arguments': list(process.arguments),
        'respawn': respawn and process.essential,
        'params_files': [process.params_file] if process.params_file else []}
        for process in graph.processes(values)}


@pytest.mark.parametrize('name', GRAPHS)
@pytest.mark.parametrize('values', [
    {},
    {'one_process': 'true', 'rviz': 'true'},
    {'pose_workers': '2', 'pose_worker_timeout_s': '7'},
    {'pose_workers': '3', 'namespace': 'robot', 'use_sim_time': 'true'},
    {'namespace': '/a/b', 'image_topic': '/eye/image', 'camera_info_topic': '/eye/info', 'rviz': 'True'},
    {'params_file': 'mine.yaml', 'flip': 'true', 'score_threshold': '0.25', 'max_persons': '3',
     'smoothing_beta': '1e-3', 'autostart': 'false'},
    {'runtime': 'torch', 'prior': 'false', 'detector_runtime': 'onnxruntime'},
    {'shares': '2', 'share_timeout_s': '3.5'},
], ids=lambda values: ' '.join(values) or 'defaults')
def test_both_start_the_same_nodes(launch, name, values):
    values = _NEEDS[name] | values
    assert _started(launch(name, **values)) == _listed(name, values)


@pytest.mark.parametrize('values', [
    {'json': 'a.json'}, {'course_json': 'a.json', 'record': 'false'}, {'bag_out': 'a.mcap', 'namespace': 'r'},
    {'source': ''}, {'source': '1', 'clock': 'true', 'lossless': 'skeletons'}, {'respawn': 'false'}],
    ids=lambda values: ' '.join(values))
def test_both_start_the_same_nodes_for_a_camera(launch, values):
    assert _started(launch('webcam', **values)) == _listed('webcam', values)


def test_every_graph_has_its_launch_file():
    assert {path.name for path in _LAUNCH.iterdir() if path.is_file()} == {
        f'{name}.launch.py' for name in GRAPHS}


@pytest.mark.parametrize('name', GRAPHS)
def test_both_take_the_same_arguments(declared, name):
    arguments = declared(name)
    assert arguments.keys() == find_graph(name).arguments.keys()
    for key, argument in arguments.items():
        field = find_graph(name).arguments[key]
        assert argument.description == field.metadata['description']
        if key == 'params_file':
            continue  # a file that sets nothing; for hemlets up, none
        if argument.default_value is None:
            assert (name, key, field.default) in {('video', 'source', ''), ('bag', 'bag', '')}
        else:
            expected = field.default
            assert argument.default_value == (
                str(expected).lower() if isinstance(expected, bool) else str(expected))


@pytest.mark.parametrize(('name', 'values', 'message'), [
    ('video', {'json': 'a.json'}, 'source'),
    ('bag', {'json': 'a.json'}, 'bag'),
    ('video', {'source': 'a.mp4'}, 'video needs an output: set json, course_json or bag_out'),
    ('bag', {'bag': 'a.mcap'}, 'bag needs an output: set json, course_json or bag_out'),
    ('pose', {'one_process': 'true', 'pose_workers': '2'}, 'give one_process or pose_workers, not both'),
    ('webcam', {'runtime': 'torch', 'backend': 'torch'}, 'runtime is the old name of backend'),
    ('pose', {'variant': 'huge'}, 'variant')])
def test_both_refuse_the_same(launch, name, values, message):
    with pytest.raises((RuntimeError, SettingsError), match=message):
        launch(name, **values)
    with pytest.raises(SettingsError, match=message):
        find_graph(name).processes(values)


def _ends(context, executable, *statuses):
    """What the launch does when a node ends, again and again: nothing, 'done', or an error with its text."""
    node, = (node for node in context.nodes if node.executable == executable)
    result = []
    for status in statuses:
        try:
            actions = node.action.on_exit(launch_api.ProcessExited(f'{executable}-1', status), context)
        except RuntimeError as error:
            result.append(str(error))
        else:
            result.append('done' if actions else '')
    return result


def _error(executable, status):
    return f'{executable}-1 ended with exit status {status}; see its messages above'


@pytest.mark.parametrize('executable', ['recorder_node', 'pose_node', 'detector_node', 'camera_node'])
def test_a_cameras_nodes_are_restarted_three_times_then_all_end(launch, executable):
    context = launch('webcam', json='a.json', rviz='true')
    node, = (node for node in context.nodes if node.executable == executable)
    assert (node.respawn, node.action.respawn_delay, node.action.respawn_max_retries) == (True, 2.0, 3)
    assert _ends(context, executable, 1, -9, 1, 1) == ['', '', '', _error(executable, 1)]
    assert _ends(launch('webcam', json='a.json', respawn='false'), executable, 1) == [_error(executable, 1)]
    assert _ends(launch('webcam', json='a.json'), executable, 0, 0, 0, 0) == [''] * 4


def test_what_restarts_does_not_depend_on_what_comes_after_the_graph(launch):
    context = launch('pose', respawn='false')
    context.launch_configurations['respawn'] = 'true'  # another graph's
    assert _ends(context, 'pose_node', 1) == [_error('pose_node', 1)]


@pytest.mark.parametrize('name', ['video', 'bag'])
@pytest.mark.parametrize('status', [0, 1, -11])
def test_a_recording_ends_with_any_of_its_nodes(launch, name, status):
    context = launch(name, rviz='true', pose_workers='1', **_NEEDS[name])
    for executable in ('pose_dispatcher_node', 'pose_node', 'detector_node', 'recorder_node'):
        assert _ends(context, executable, status) == [_error(executable, status)]
    assert _ends(context, 'camera_node', status) == [_error('camera_node', status) if status else 'done']
    assert next(node for node in context.nodes if node.executable == 'rviz2').action.on_exit is None, \
        'a window may be closed'


def test_after_ctrl_c_no_node_is_to_blame(launch):
    context = launch('video', **_NEEDS['video'])
    context.is_shutdown = True
    for node in context.nodes:
        assert _ends(context, node.executable, -2, 0) == ['', '']


@pytest.mark.parametrize('name', GRAPHS)
def test_the_real_launch_lists_the_same_arguments(name):
    pytest.importorskip('launch_ros', reason='launch_ros is not installed here')
    from launch.launch_description_sources import get_launch_description_from_python_launch_file

    description = get_launch_description_from_python_launch_file(str(_LAUNCH / f'{name}.launch.py'))
    listed = {argument.name for argument in description.get_launch_arguments()}
    assert listed - {'respawn'} == find_graph(name).arguments.keys() - {'respawn'}


def test_the_real_launch_fails_with_its_nodes(clip):
    pytest.importorskip('launch_ros', reason='launch_ros is not installed here')
    from launch import LaunchDescription, LaunchService
    from launch.actions import IncludeLaunchDescription
    from launch.launch_description_sources import PythonLaunchDescriptionSource

    service = LaunchService(noninteractive=True)
    service.include_launch_description(LaunchDescription([IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(_LAUNCH / 'video.launch.py')),
        launch_arguments={'source': str(clip), 'json': '/nowhere/a.json'}.items())]))
    assert service.run() == 1
