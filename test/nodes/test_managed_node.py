import gc
import weakref

import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter
from std_msgs.msg import Header
from std_srvs.srv import Trigger

from hemlets_ros.errors import WeightsError
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.diagnostics import status
from hemlets_ros.nodes.managed_node import ManagedNode
from hemlets_ros.nodes.pose_node import PoseNode
from hemlets_ros.nodes.qos import RESULTS
from hemlets_ros.settings import PoseSettings

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
        self.output = self.send(Header, 'out', RESULTS)

    def activate(self):
        self.calls.append('activate')
        if self.trouble:
            raise self.trouble
        self.hear(Header, 'in', self.calls.append, RESULTS)

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
    assert (status(node).level, status(node).message) == (DiagnosticStatus.ERROR, 'no weights here')
    node.trouble = None
    assert node.trigger_activate() == _SUCCESS
    assert (node.state, node.failure) == ('active', '')


def test_a_bug_is_an_error_and_leads_back_to_the_start(make):
    node = make()
    node.trouble = ZeroDivisionError('oh')
    assert not node.start()
    assert (node.state, node.calls) == ('unconfigured', ['configure', 'activate', 'deactivate'])
    assert (status(node).level, status(node).message) == (DiagnosticStatus.ERROR, "ZeroDivisionError('oh')")


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


def test_a_manager_in_another_node_leads_by_services(make, node, context):
    managed = make(PoseNode, autostart=False, weights='/nowhere.pth', device='cpu')
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(managed)
    executor.add_node(node)

    def call(kind, name, request):
        client = node.create_client(kind, f'/pose_node/{name}')
        while not client.wait_for_service(0.1):
            executor.spin_once(0.1)
        future = client.call_async(request)
        executor.spin_until_future_complete(future, 60)
        return future.result()

    def lead(transition):
        request = ChangeState.Request()
        request.transition.id = transition
        return call(ChangeState, 'change_state', request).success

    assert not call(Trigger, 'reset', Trigger.Request()).success
    assert lead(Transition.TRANSITION_CONFIGURE)
    assert not lead(Transition.TRANSITION_ACTIVATE), 'there are no such weights'
    assert 'no weights file at /nowhere.pth' in status(managed).message
    assert call(GetState, 'get_state', GetState.Request()).current_state.id == State.PRIMARY_STATE_INACTIVE
    assert lead(Transition.TRANSITION_CLEANUP)
    managed.set_parameters([Parameter('weights', value='random')])
    assert lead(Transition.TRANSITION_CONFIGURE) and lead(Transition.TRANSITION_ACTIVATE)
    assert call(Trigger, 'reset', Trigger.Request()).success
    said = {entry.key: entry.value for entry in status(managed).values}
    assert (said['state'], said['device'], said['dropped']) == ('active', 'cpu', '0')
    assert said['runtime'] in ('torch', 'onnxruntime', 'openvino')
    assert float(said['memory [MiB]']) > 50
    assert status(managed).message.startswith('UNTRAINED NETWORK')
    assert status(managed).level == DiagnosticStatus.WARN

    network = weakref.ref(managed._estimator._runtime)
    managed.set_parameters([Parameter('flip', value=True)])
    assert managed._estimator._settings == PoseSettings(weights='random', device='cpu', flip=True)
    assert lead(Transition.TRANSITION_DEACTIVATE)
    gc.collect()
    assert network() is None, 'an inactive node keeps no network'
    assert lead(Transition.TRANSITION_INACTIVE_SHUTDOWN)
    executor.shutdown()


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
