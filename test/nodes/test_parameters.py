import pytest
import rclpy
from rclpy.parameter import Parameter

from hemlets_ros.errors import SettingsError
from hemlets_ros.nodes.parameters import check_changes, declare, read
from hemlets_ros.settings import DetectorSettings, PoseSettings, SourceSettings


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
    assert 'onnxruntime' in node.describe_parameter('detector_backend').additional_constraints


def test_overrides_are_read(context):
    node = _node(context, score_threshold=0.7, detector='darknet')
    declare(node, (DetectorSettings,))
    settings = read(node, DetectorSettings)
    assert (settings.score_threshold, settings.detector) == (0.7, 'darknet')


def test_whole_numbers_are_taken_for_texts_and_fractions(context):
    node = _node(context, source=0, reconnect_s=5, topic=2024)
    declare(node, (SourceSettings,))
    settings = read(node, SourceSettings)
    assert (settings.source, settings.reconnect_s, settings.topic) == ('0', 5.0, '2024')
    assert type(settings.reconnect_s) is float
    with pytest.raises(SettingsError, match='reconnect_s'):
        declare(_node(context, reconnect_s=10_000), (SourceSettings,))
    with pytest.raises(SettingsError, match='max_persons'):
        declare(_node(context, max_persons=1.5), (DetectorSettings,))


@pytest.mark.parametrize(('name', 'value'), [
    ('score_threshold', 1.5), ('score_threshold', 'high'), ('max_persons', 0), ('detector_backend', 'magic')])
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
def test_changes_are_checked(name, value, in_use, reason):
    result = check_changes([Parameter(name, value=value)], (PoseSettings,), in_use)
    assert result.successful == (not reason)
    assert result.reason.startswith(reason)


def test_an_old_name_is_taken_and_does_not_stay_declared(context):
    node = _node(context, runtime='torch', prior=False)
    declare(node, (PoseSettings,))
    settings = read(node, PoseSettings)
    assert (settings.backend, settings.keypoint_prior) == ('torch', False)
    assert not node.has_parameter('runtime') and not node.has_parameter('prior')


def test_the_value_of_todays_name_wins_over_the_old_ones(context):
    node = _node(context, runtime='torch', backend='onnxruntime')
    declare(node, (PoseSettings,))
    assert read(node, PoseSettings).backend == 'onnxruntime'


@pytest.mark.parametrize(('old_name', 'value', 'message'), [
    ('detector_runtime', 'magic', 'detector_backend must be one of'),
    ('detector_runtime', 3, 'parameter detector_backend')])
def test_a_bad_value_under_an_old_name_is_refused(context, old_name, value, message):
    with pytest.raises(SettingsError, match=message):
        declare(_node(context, **{old_name: value}), (DetectorSettings,))
