import pytest
import rclpy
from rclpy.parameter import Parameter

from hemlets_ros.errors import SettingsError
from hemlets_ros.nodes.parameters import declare, judge, read
from hemlets_ros.settings import DetectorSettings, PoseSettings


def _node(context, **values):
    overrides = [Parameter(name, value=value) for name, value in values.items()]
    return rclpy.create_node('n', context=context, parameter_overrides=overrides)


def test_defaults_and_descriptions_are_those_of_the_settings(context):
    node = _node(context)
    declare(node, (DetectorSettings,))
    assert read(node, DetectorSettings) == DetectorSettings()
    descriptor = node.describe_parameter('score_threshold')
    assert descriptor.description == 'people with a lower detector score are ignored'
    limits, = descriptor.floating_point_range
    assert (limits.from_value, limits.to_value) == (0, 1)
    assert node.describe_parameter('max_persons').integer_range[0].from_value == 1
    assert 'darknet' in node.describe_parameter('detector').additional_constraints


def test_overrides_are_read(context):
    node = _node(context, score_threshold=0.7, detector='darknet')
    declare(node, (DetectorSettings,))
    settings = read(node, DetectorSettings)
    assert (settings.score_threshold, settings.detector) == (0.7, 'darknet')


@pytest.mark.parametrize(('name', 'value'), [
    ('score_threshold', 1.5), ('score_threshold', 'high'), ('max_persons', 0), ('detector', 'magic')])
def test_bad_values_are_refused_by_name(context, name, value):
    with pytest.raises(SettingsError, match=name):
        declare(_node(context, **{name: value}), (DetectorSettings,))


@pytest.mark.parametrize(('name', 'value', 'in_use', 'reason'), [
    ('flip', True, True, ''),
    ('flip', 1, True, 'flip must be bool, not 1'),
    ('weights', 'other.pth', False, ''),
    ('weights', 'other.pth', True, 'weights is read when the node is configured'),
    ('variant', 'huge', False, 'variant must be one of auto, full, lite'),
    ('use_sim_time', True, True, ''),
])
def test_changes_are_judged(name, value, in_use, reason):
    result = judge([Parameter(name, value=value)], (PoseSettings,), in_use)
    assert result.successful == (not reason)
    assert result.reason.startswith(reason)
