"""Every parameter of a running node, set to values that it may not have by another node's service calls."""

import math

import pytest
from rclpy.parameter import Parameter
from rclpy.parameter_client import AsyncParameterClient

from hemlets_ros.nodes.camera_node import CameraNode
from hemlets_ros.nodes.detector_node import DetectorNode
from hemlets_ros.nodes.pose_dispatcher_node import PoseDispatcherNode
from hemlets_ros.nodes.recorder_node import RecorderNode

_VALUES = (True, -1, 10 ** 18, math.nan, math.inf, -math.inf, 'nonsense', 'x' * 5000, [b'a'], [1, 2], ['a'],
           None)  # None: deleted


@pytest.mark.parametrize(('kind', 'values'), [
    (CameraNode, {}), (DetectorNode, {'detector': 'whole-image'}), (PoseDispatcherNode, {'pose_workers': 2}),
    (RecorderNode, {'json': 'a.json'})])
def test_bad_values_are_refused_with_a_reason_and_the_node_goes_on(kind, values, context, node, spin_until,
                                                                   tmp_path, monkeypatch, clip, request):
    monkeypatch.chdir(tmp_path)
    if kind is CameraNode:
        values = {'source': str(clip)}
    managed = kind(context=context, parameter_overrides=[
        Parameter(name, value=value) for name, value in values.items()])
    request.addfinalizer(managed.destroy_node)
    spin_until.executor.add_node(managed)
    assert managed.start(), managed.failure
    client = AsyncParameterClient(node, kind.NAME)
    spin_until(client.services_are_ready)
    before = {name: each.value for name, each in managed._parameters.items()}
    changed = {}

    def answers(parameters):
        future = client.set_parameters(parameters)
        spin_until(future.done)
        return future.result().results

    for value in _VALUES:
        given = [Parameter(name, Parameter.Type.NOT_SET) if value is None else Parameter(name, value=value)
                 for name in before]
        for parameter, result in zip(given, answers(given), strict=True):
            if result.successful and parameter.value != before[parameter.name]:
                changed[parameter.name] = parameter.value
            assert result.successful or result.reason, parameter.name
    assert changed == {'use_sim_time': True}
    assert answers([Parameter('use_sim_time', value=False)])[0].successful
    assert {name: each.value for name, each in managed._parameters.items()} == before
    assert managed.state == 'active' and managed.health().failure == ''
