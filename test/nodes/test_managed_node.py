import gc
from pathlib import Path

import numpy as np
import pytest
import yaml
from diagnostic_msgs.msg import DiagnosticStatus
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.parameter_client import AsyncParameterClient
from std_msgs.msg import Header
from std_srvs.srv import Trigger

from hemlets_ros import Pipeline
from hemlets_ros.errors import WeightsError
from hemlets_ros.geometry.crop import crop_person
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.camera_node import CameraNode
from hemlets_ros.nodes.detector_node import DetectorNode
from hemlets_ros.nodes.diagnostics import status
from hemlets_ros.nodes.managed_node import ManagedNode
from hemlets_ros.nodes.messages import crops_to_messages
from hemlets_ros.nodes.pose_dispatcher_node import PoseDispatcherNode
from hemlets_ros.nodes.pose_node import PoseNode
from hemlets_ros.nodes.qos import RESULTS
from hemlets_ros.nodes.recorder_node import RecorderNode
from hemlets_ros.people import Box, PersonCrops

_CONFIG = Path(__file__).parents[2] / 'config' / 'hemlets.yaml'
_SUCCESS, _FAILURE, _ERROR = (getattr(TransitionCallbackReturn, name)
                              for name in ('SUCCESS', 'FAILURE', 'ERROR'))


class _Node(ManagedNode):
    """Notes what is asked of it; `trouble` is raised when it is activated."""

    NAME = 'pose_node'  # whose parameters it has
    trouble = None

    def __init__(self, **kwargs):
        self.calls = []
        super().__init__(**kwargs)

    def configure(self):
        self.calls.append('configure')
        self.output = self.create_lifecycle_publisher(Header, 'out', RESULTS)

    def activate(self):
        self.calls.append('activate')
        if self.trouble:
            raise self.trouble
        self.create_subscription(Header, 'in', self.calls.append, RESULTS)

    def deactivate(self):
        self.calls.append('deactivate')

    def change(self):
        self.calls.append('change')

    def reset(self):
        self.calls.append('reset')


@pytest.fixture
def make(context):
    nodes = []

    def make(kind=_Node, **values):
        nodes.append(kind(context=context, parameter_overrides=[
            Parameter(name, value=value) for name, value in values.items()]))
        return nodes[-1]

    yield make
    for node in nodes:
        node.destroy_node()


def _topics(node):
    return {subscription.topic_name for subscription in node.subscriptions} - {'/clock', '/parameter_events'}


def test_autostart_goes_all_the_way(make):
    node = make()
    assert node.start()
    assert (node.state, node.calls) == ('active', ['configure', 'activate'])


def test_without_autostart_a_manager_leads(make):
    node = make(autostart=False)
    assert node.start()
    assert (node.state, node.calls) == ('unconfigured', [])


def test_there_and_back_twice_leaves_nothing_behind(make):
    node = make()
    for _ in range(2):
        assert node.trigger_configure() == _SUCCESS
        assert (_topics(node), node.output.is_activated) == (set(), False)
        for _ in range(2):
            assert node.trigger_activate() == _SUCCESS
            assert (_topics(node), node.output.is_activated) == ({'/in'}, True)
            assert node.trigger_deactivate() == _SUCCESS
            assert (_topics(node), node.output.is_activated) == (set(), False)
        assert node.trigger_cleanup() == _SUCCESS
        assert 'out' not in {publisher.topic_name.lstrip('/') for publisher in node.publishers}
    assert node.state == 'unconfigured'


def test_trouble_fails_the_transition_and_can_be_mended(make):
    node = make()
    node.trigger_configure()
    node.trouble = WeightsError('no weights here')
    assert node.trigger_activate() == _FAILURE
    assert (node.state, node.failure, node.output.is_activated) == ('inactive', 'no weights here', False)
    assert node.calls[-1] == 'deactivate'
    shown = status(node.health())
    assert (shown.level, shown.message) == (DiagnosticStatus.ERROR, 'no weights here')
    node.trouble = None
    assert node.trigger_activate() == _SUCCESS
    assert (node.state, node.failure) == ('active', '')


def test_a_bug_is_an_error_and_leads_back_to_the_start(make):
    node = make()
    node.trouble = ZeroDivisionError('oh')
    assert not node.start()
    assert (node.state, node.calls) == ('unconfigured', ['configure', 'activate', 'deactivate'])
    shown = status(node.health())
    assert (shown.level, shown.message) == (DiagnosticStatus.ERROR, "ZeroDivisionError('oh')")


def test_what_a_library_makes_of_a_signal_is_a_signal(make):
    node = make()
    node.trouble = ImportError('initialization failed')
    node.asked_to_stop = lambda: True
    with pytest.raises(KeyboardInterrupt):
        node.start()


def test_only_live_parameters_change_once_configured(make):
    node = make()
    set_one = lambda name, value: node.set_parameters([Parameter(name, value=value)])[0]  # noqa: E731
    assert set_one('weights', 'other.pth').successful
    node.start()
    refused = set_one('weights', 'third.pth')
    assert not refused.successful
    assert 'deactivate and clean up the node first' in refused.reason
    assert not set_one('smoothing_beta', -1.0).successful
    assert 'change' not in node.calls
    assert set_one('flip', True).successful
    assert node.calls[-1] == 'change'
    assert node.get_parameter('weights').value == 'other.pth'


def _nested(values):
    """As ros2 param dump writes names: a.b as b in a."""
    result = {}
    for name, value in values.items():
        *outer, last = name.split('.')
        inner = result
        for key in outer:
            inner = inner.setdefault(key, {})
        inner[last] = value
    return result


def test_parameter_files_are_loaded_into_a_running_node(make, node, spin_until, tmp_path):
    managed = make()
    managed.start()
    spin_until.executor.add_node(managed)
    client = AsyncParameterClient(node, 'pose_node')
    spin_until(client.services_are_ready)
    file = tmp_path / 'file.yaml'

    def load(file):
        future = client.load_parameter_file(str(file), use_wildcard=True)
        spin_until(future.done)
        return {result.reason for result in future.result().results}

    assert load(_CONFIG) == {''}, 'with parameters of other nodes, and those that cannot change now'
    dump = {name: managed.get_parameter(name).value for name in managed._parameters}
    assert 'qos_overrides./in.subscription.depth' in dump, 'read-only'
    file.write_text(yaml.safe_dump({'/pose_node': {'ros__parameters': _nested(dump)}}))
    assert load(file) == {''}
    assert 'change' not in managed.calls
    file.write_text(yaml.safe_dump({'/**': {'ros__parameters': {
        'smoothing_beta': 2, 'flip': True, 'score_threshold': 0.9, 'nonsense': 1}}}))
    assert load(file) == {'', 'score_threshold is not a parameter of this node, but of detector_node',
                          'unknown parameter nonsense'}
    assert managed.get_parameter('smoothing_beta').value == 2.0
    assert type(managed.get_parameter('smoothing_beta').value) is float
    assert managed.get_parameter('flip').value is True
    file.write_text(yaml.safe_dump({'pose_node': {'ros__parameters': {'smoothing_beta': 200_000}}}))
    reason, = load(file)
    assert 'smoothing_beta' in reason
    spin_until.executor.remove_node(managed)


def _pipelines():
    """How many there are in this process."""
    gc.collect()
    return sum(type(each) is Pipeline for each in gc.get_objects())


def _joints_m(pose_node):
    """(18, 3) of what a pose node sees in an image of noise."""
    noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    crop = crop_person(noise, Box(np.array([0.0, 0, 256, 256]), 1.0))
    found = PersonCrops([crop], 0.0, Intrinsics.from_fov(256, 256, 60), (256, 256), 0.0)
    (_, skeletons), *_ = pose_node.process(crops_to_messages(found, Header())[1])
    return np.array([(joint.x, joint.y, joint.z) for joint in skeletons.skeletons[0].joints])


def test_a_manager_in_another_node_leads_by_services(make, node, context, torch):
    managed = make(PoseNode, autostart=False, weights='/nowhere.pth', device='cpu', backend='torch')
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(managed)
    executor.add_node(node)

    def call(kind, name, request):
        client = node.create_client(kind, f'/pose_node/{name}')
        while not client.wait_for_service(0.1):
            executor.spin_once(0.1)
        future = client.call_async(request)
        executor.spin_until_future_complete(future)
        return future.result()

    def lead(transition):
        request = ChangeState.Request()
        request.transition.id = transition
        return call(ChangeState, 'change_state', request).success

    before = _pipelines()
    assert not call(Trigger, 'reset', Trigger.Request()).success
    assert lead(Transition.TRANSITION_CONFIGURE)
    assert not lead(Transition.TRANSITION_ACTIVATE), 'there are no such weights'
    assert 'no weights file at /nowhere.pth' in status(managed.health()).message
    assert call(GetState, 'get_state', GetState.Request()).current_state.id == State.PRIMARY_STATE_INACTIVE
    assert lead(Transition.TRANSITION_CLEANUP)
    managed.set_parameters([Parameter('weights', value='random')])
    assert lead(Transition.TRANSITION_CONFIGURE) and lead(Transition.TRANSITION_ACTIVATE)
    assert call(Trigger, 'reset', Trigger.Request()).success
    said = {entry.key: entry.value for entry in status(managed.health()).values}
    assert (said['state'], said['device'], said['dropped']) == ('active', 'cpu', '0')
    assert said['backend'] == 'torch'
    assert float(said['memory [MiB]']) > 50
    assert status(managed.health()).message.startswith('UNTRAINED NETWORK')
    assert status(managed.health()).level == DiagnosticStatus.WARN

    as_it_is = _joints_m(managed)
    managed.set_parameters([Parameter('flip', value=True)])
    assert np.abs(_joints_m(managed) - as_it_is).max() > 1e-4
    assert _pipelines() == before + 1
    assert lead(Transition.TRANSITION_DEACTIVATE)
    assert _pipelines() == before, 'an inactive node keeps no network'
    assert lead(Transition.TRANSITION_INACTIVE_SHUTDOWN)
    executor.shutdown()


@pytest.mark.parametrize('kind', [CameraNode, DetectorNode, PoseNode, PoseDispatcherNode, RecorderNode])
def test_a_node_that_was_never_configured_can_be_shut_down(make, kind):
    node = make(kind)
    assert node.trigger_shutdown() == _SUCCESS
    assert node.state == 'finalized'


def test_diagnostics_are_heard(make, node, context):
    from diagnostic_msgs.msg import DiagnosticArray

    heard = []
    node.create_subscription(DiagnosticArray, topics.DIAGNOSTICS, heard.append, 10)
    managed = make()
    managed.start()
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(managed)
    executor.add_node(node)
    while not heard:
        executor.spin_once(5)
    executor.shutdown()
    only, = heard[0].status
    assert only.name == 'pose_node: frames'
    assert heard[0].header.stamp.sec > 0
