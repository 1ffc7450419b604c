"""Launch files: with the real launch where there is one, else with its signatures."""

import importlib.util
from pathlib import Path

import pytest

from hemlets_ros.graph import graph_names, read_graph

_LAUNCH = Path(__file__).parents[2] / 'launch'


@pytest.fixture(scope='module')
def actions():
    """Loads a launch file; gives its declared arguments, and a function from values to actions."""
    spec = importlib.util.spec_from_file_location('launch_api', Path(__file__).with_name('launch_api.py'))
    api = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(api)
    api.use_where_missing()
    from launch import LaunchContext
    from launch.actions import DeclareLaunchArgument

    def load(name, **values):
        spec = importlib.util.spec_from_file_location(name, _LAUNCH / f'{name}.launch.py')
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        description = module.generate_launch_description()
        declared = [entity for entity in description.entities if isinstance(entity, DeclareLaunchArgument)]
        opaque, = (entity for entity in description.entities if entity not in declared)
        context = LaunchContext()
        for argument, field in read_graph(name).arguments.items():
            context.launch_configurations[argument] = str(field.default)
        context.launch_configurations.update(values)
        function = getattr(opaque, 'function', None) or opaque._OpaqueFunction__function
        return {argument.name for argument in declared}, function(context)

    return load


@pytest.mark.parametrize('name', graph_names())
def test_every_argument_is_declared(actions, name):
    needed = {argument: 'x' for each in read_graph(name).needs for argument in each}
    declared, made = actions(name, **needed)
    assert declared == read_graph(name).arguments.keys()
    assert len(made) == len(read_graph(name).processes(needed))


def test_nodes_are_what_the_graph_says(actions):
    _, made = actions('video', source='a.mp4', json='a.json', image_topic='/eye/image', rviz='true')
    expected = read_graph('video').processes(
        {'source': 'a.mp4', 'json': 'a.json', 'image_topic': '/eye/image', 'rviz': True})
    if not hasattr(made[0], 'respawn_max_retries'):
        return  # the real one keeps all this to itself
    for action, process in zip(made, expected, strict=True):
        assert not action.respawn
        if process.command:
            assert action.cmd == list(process.command)
            assert action.on_exit is None, 'a window may be closed'
            continue
        assert action.on_exit.reason == f'{process.name} ended'
        assert (action.package, action.executable) == ('hemlets_ros', process.name)
        assert {key: each.value for key, each in action.parameters[0].items()} == process.parameters
        assert all(type(each.value) is each.value_type for each in action.parameters[0].values())
        assert action.remappings == [('image_raw', '/eye/image')]


def test_a_cameras_nodes_are_started_again(actions):
    _, made = actions('webcam')
    for action in made:
        if hasattr(action, 'respawn_max_retries'):
            assert (action.respawn, action.respawn_max_retries, action.on_exit) == (True, 3, None)
