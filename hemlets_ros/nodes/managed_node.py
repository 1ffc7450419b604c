"""What all nodes of this package share: lifecycle, parameters, QoS, diagnostics."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any, ClassVar

from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import ClockChange, JumpThreshold, TimeJump
from rclpy.duration import Duration
from rclpy.lifecycle import LifecycleNode, LifecyclePublisher, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from rclpy.subscription import Subscription
from rclpy.task import Future
from std_srvs.srv import Trigger

from hemlets_ros.errors import HemletsError
from hemlets_ros.nodes.diagnostics import Diagnostics
from hemlets_ros.nodes.parameters import declare, judge, read
from hemlets_ros.nodes.qos import overridable, own
from hemlets_ros.nodes.traffic import Traffic
from hemlets_ros.settings import NODE_SETTINGS, ManagedSettings


class ManagedNode(LifecycleNode):
    """A lifecycle node that reads its parameters when configured, and works while active.

    A subclass fills in the steps below. A step that raises HemletsError makes the transition fail; the
    reason is logged and shown on /diagnostics. `deactivate` and `cleanup` are called then too, so they
    take what is there and do not mind what is not.
    """

    NAME: ClassVar[str]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(self.NAME, **kwargs)
        self.state = 'unconfigured'
        self.failure = ''  # why the last transition failed
        self.done = Future()  # set by a node that ends by itself
        self.traffic = Traffic()
        self._inputs: list[Subscription] = []
        self._outputs: list[LifecyclePublisher] = []
        # Under simulated time a bag that starts again turns the clock back.
        self._jumps = self.get_clock().create_jump_callback(
            JumpThreshold(min_forward=None, min_backward=Duration(nanoseconds=-1), on_clock_change=False),
            post_callback=self._on_jump)
        self._groups = NODE_SETTINGS[self.NAME]
        declare(self, self._groups)
        self.add_on_set_parameters_callback(self._judge)
        self.add_post_set_parameters_callback(self._on_changed)
        self.offers: dict[str, str] = {}  # service -> what it does
        self._diagnostics = Diagnostics(self)

    # The steps of a subclass.

    def read_settings(self) -> None:
        """Reads the parameters; again when one has changed."""

    def configure(self) -> None:
        """Makes publishers, checks what needs no camera or weights."""

    def activate(self) -> None:
        """Takes what the work needs: weights, camera, files; makes subscriptions."""

    def deactivate(self) -> None:
        """Gives back what `activate` took."""

    def change(self) -> None:
        """Puts live parameters that have been read anew to work."""

    def reset(self) -> None:
        """Forgets what was learnt from earlier images."""

    def concern(self) -> str:
        """What a user should know although the node works; empty: nothing."""
        return ''

    def about(self) -> dict[str, str]:
        """What /diagnostics says besides the figures: model, device."""
        return {}

    # What they use.

    def send(self, kind: type, topic: str, qos: QoSProfile, **options: Any) -> LifecyclePublisher:
        """A publisher that is quiet unless the node is active; for `configure`."""
        self._outputs.append(self.create_lifecycle_publisher(
            kind, topic, own(qos), qos_overriding_options=overridable(), **options))
        return self._outputs[-1]

    def hear(self, kind: type, topic: str, callback: Callable[..., None], qos: QoSProfile) -> None:
        """A subscription for as long as the node is active; for `activate`."""
        self._inputs.append(self.create_subscription(
            kind, topic, callback, own(qos), qos_overriding_options=overridable()))

    def offer(self, name: str, action: Callable[[], str], about: str) -> None:
        """A service ~/name (std_srvs/Trigger); its answer is what `action` says, or the error it raises."""
        self.offers[name] = about

        def answer(_: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
            if self.state != 'active':
                response.message = f'the node is {self.state}, not active'
                return response
            try:
                response.message, response.success = action(), True
            except HemletsError as error:
                response.message = str(error)
            return response
        self.create_service(Trigger, f'~/{name}', answer)

    # Lifecycle.

    def start(self) -> bool:
        """Configures and activates, unless `autostart` is false. False: `failure` stands in the way."""
        if not read(self, ManagedSettings).autostart:
            return True
        return all(trigger() == TransitionCallbackReturn.SUCCESS
                   for trigger in (self.trigger_configure, self.trigger_activate))

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        result = self._attempt(self.read_settings, self.configure)
        if result == TransitionCallbackReturn.SUCCESS:
            self.state = 'inactive'
        else:
            self._drop_outputs()
        return result

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        super().on_activate(state)
        result = self._attempt(self.activate)
        if result == TransitionCallbackReturn.SUCCESS:
            self.state = 'active'
        else:
            self._leave_active(state)
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        self._leave_active(state)
        return TransitionCallbackReturn.SUCCESS

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        self._drop_outputs()
        self.state, self.failure = 'unconfigured', ''
        return TransitionCallbackReturn.SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        self._leave_active(state)
        self._drop_outputs()
        self.state = 'finalized'
        return TransitionCallbackReturn.SUCCESS

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        failure = self.failure
        self._leave_active(state)
        self.on_cleanup(state)
        self.failure = failure  # for /diagnostics
        return TransitionCallbackReturn.SUCCESS

    def destroy_node(self) -> None:
        if self.state == 'active':
            self.deactivate()
        self._jumps.unregister()
        super().destroy_node()

    def _attempt(self, *steps: Callable[[], None]) -> TransitionCallbackReturn:
        self.failure = ''
        try:
            for step in steps:
                step()
        except HemletsError as error:
            self.failure = str(error)
            self.get_logger().error(str(error))
            return TransitionCallbackReturn.FAILURE
        except Exception as error:
            # rclpy makes an ERROR of it and keeps the reason to itself.
            self.failure = repr(error)
            self.get_logger().error(traceback.format_exc())
            raise
        return TransitionCallbackReturn.SUCCESS

    def _leave_active(self, state: LifecycleState) -> None:
        while self._inputs:
            self.destroy_subscription(self._inputs.pop())
        self.deactivate()
        super().on_deactivate(state)
        self.state = 'inactive'

    def _drop_outputs(self) -> None:
        while self._outputs:
            self.destroy_lifecycle_publisher(self._outputs.pop())

    # Parameters, resets.

    def _judge(self, changes: list[Parameter]) -> SetParametersResult:
        return judge(changes, self._groups, in_use=self.state in ('inactive', 'active'))

    def _on_changed(self, changes: list[Parameter]) -> None:
        if self.state in ('inactive', 'active'):
            self.read_settings()
        if self.state == 'active':
            self.change()

    def _on_jump(self, jump: TimeJump) -> None:
        if self.state == 'active' and jump.clock_change == ClockChange.ROS_TIME_NO_CHANGE:
            self.get_logger().info('time went back: tracks and filters start anew')
            self.reset()
