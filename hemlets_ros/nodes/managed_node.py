"""Base class of all nodes: lifecycle, parameters, QoS overrides, diagnostics."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any, ClassVar

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.clock import Clock, ClockChange, ClockType, JumpHandle, JumpThreshold, TimeJump
from rclpy.duration import Duration
from rclpy.lifecycle import LifecyclePublisher, LifecycleState, TransitionCallbackReturn
from rclpy.qos import QoSProfile
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.subscription import Subscription
from rclpy.task import Future
from std_msgs.msg import Header
from std_srvs.srv import Trigger

from hemlets_ros.errors import HemletsError, InputError
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.diagnostics import Health, status
from hemlets_ros.nodes.message_statistics import MessageStatistics
from hemlets_ros.nodes.parameter_node import ParameterNode
from hemlets_ros.nodes.parameters import read
from hemlets_ros.nodes.qos import RESULTS, copy_of
from hemlets_ros.settings import LifecycleSettings
from hemlets_ros.tracking.time_jumps import JITTER_S

_DIAGNOSTICS_PERIOD_S = 1.0


class ManagedNode(ParameterNode):
    """A lifecycle node that reads its parameters when configured, and works while active.

    A subclass implements the steps below. If a step raises HemletsError, the transition fails; the reason is
    logged and published on /diagnostics. `deactivate` is then called, too, so it must not rely on attributes
    that `activate` sets.

    Lifecycle publishers exist from `configure` to cleanup, and subscriptions made in `activate` while the
    node is active. This class destroys both.
    """

    SERVICES: ClassVar[dict[str, str]] = {}  # name of each ~/service -> description
    SENDS_IMAGES: ClassVar[bool] = True  # whether it sends images or crops, which need much shared memory
    INTERRUPTIBLE_START: ClassVar[bool] = True  # a signal may interrupt its start, as it opens no output

    def __init__(self, **kwargs: Any) -> None:
        self._jumps: JumpHandle | None = None  # set first: rclpy may refuse a parameter and destroy the node
        super().__init__(**kwargs)
        self.failure = ''  # reason why the last transition failed
        self.done = Future()  # set by a node that ends on its own
        self.asked_to_stop: Callable[[], bool] = lambda: False  # whether its process was asked to stop
        self.statistics = MessageStatistics()
        self._lifecycle_publishers: list[LifecyclePublisher] = []
        self._active_subscriptions: list[Subscription] = []
        # With simulated time, the clock jumps back when a bag starts again.
        self._jumps = self.get_clock().create_jump_callback(
            JumpThreshold(min_forward=None, min_backward=Duration(seconds=-JITTER_S), on_clock_change=False),
            post_callback=self._on_jump)
        self._diagnostics = self.create_publisher(DiagnosticArray, topics.DIAGNOSTICS, 1)
        # Steady time, so that diagnostics continue while simulated time is paused.
        self.create_timer(_DIAGNOSTICS_PERIOD_S, self._publish_diagnostics,
                          clock=Clock(clock_type=ClockType.STEADY_TIME))

    # The steps of a subclass, in addition to read_settings and change.

    def configure(self) -> None:
        """Creates lifecycle publishers, and checks settings that need no camera or weights."""

    def activate(self) -> None:
        """Acquires resources (weights, camera, files) and creates subscriptions."""

    def deactivate(self) -> None:
        """Releases the resources of `activate`."""

    def reset(self) -> None:
        """Clears the state of earlier images."""

    def warning(self) -> str:
        """The warning for /diagnostics while the node is active; empty: none."""
        return ''

    def details(self) -> dict[str, str]:
        """Further entries of /diagnostics, e.g. model and device."""
        return {}

    # Overrides of rclpy's methods; parameters can override the QoS.

    def create_lifecycle_publisher(self, msg_type: type, topic: str, qos_profile: QoSProfile,
                                   **kwargs: Any) -> LifecyclePublisher:
        kwargs.setdefault('qos_overriding_options', QoSOverridingOptions.with_default_policies())
        publisher = super().create_lifecycle_publisher(msg_type, topic, copy_of(qos_profile), **kwargs)
        self._lifecycle_publishers.append(publisher)
        return publisher

    def create_subscription(self, msg_type: type, topic: str, callback: Callable[..., None],
                            qos_profile: QoSProfile, **kwargs: Any) -> Subscription:
        # rclpy itself subscribes to /clock, even while parameters are set, when none can be declared.
        if topic != topics.CLOCK:
            kwargs.setdefault('qos_overriding_options', QoSOverridingOptions.with_default_policies())
        return super().create_subscription(msg_type, topic, callback, copy_of(qos_profile), **kwargs)

    def while_active(self, subscription: Subscription) -> None:
        """Registers a subscription made after `activate`, to be destroyed with the others."""
        self._active_subscriptions.append(subscription)

    def create_refusals(self) -> None:
        """Creates the publisher of refusals; called in `configure` of nodes that may refuse images."""
        self._refusals = self.create_lifecycle_publisher(Header, topics.REFUSED, RESULTS)

    def refuse(self, topic: str, error: InputError, header: Header) -> None:
        """Publishes why a message of `topic` is not processed, so that a lossless camera does not wait."""
        self.get_logger().error(f'{topic}: {error}', throttle_duration_sec=5.0)
        self._refusals.publish(header)
        self.statistics.refused()

    def respond(self, response: Trigger.Response, action: Callable[[], str]) -> Trigger.Response:
        """Runs `action` and fills in the service's response with its result or error.

        If the node is not active, `action` is not run.
        """
        if self.state != 'active':
            response.message = f'the node is {self.state}, not active'
            return response
        try:
            response.message, response.success = action(), True
        except HemletsError as error:
            response.message = str(error)
        return response

    # Lifecycle transitions.

    def start(self) -> bool:
        """Configures and activates, unless `autostart` is false. Returns False on failure (see `failure`)."""
        if not read(self, LifecycleSettings).autostart:
            return True
        return all(trigger() == TransitionCallbackReturn.SUCCESS
                   for trigger in (self.trigger_configure, self.trigger_activate))

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        result = self._attempt(self.read_settings, self.configure)
        if result == TransitionCallbackReturn.SUCCESS:
            self.state = 'inactive'
        else:
            self._destroy_publishers()
        return result

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        super().on_activate(state)
        before = list(self.subscriptions)
        try:
            result = self._attempt(self.activate)
        finally:
            self._active_subscriptions = [each for each in self.subscriptions if each not in before]
        if result == TransitionCallbackReturn.SUCCESS:
            self.state = 'active'
        else:
            self._leave_active(state)
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        self._leave_active(state)
        return TransitionCallbackReturn.SUCCESS

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        self._destroy_publishers()
        self.state, self.failure = 'unconfigured', ''
        return TransitionCallbackReturn.SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        self._leave_active(state)
        self._destroy_publishers()
        self.state = 'finalized'
        return TransitionCallbackReturn.SUCCESS

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        failure = self.failure
        self._leave_active(state)
        self.on_cleanup(state)
        self.failure = failure  # for /diagnostics
        return TransitionCallbackReturn.SUCCESS

    def destroy_node(self) -> None:
        if self.state in ('inactive', 'active'):  # 'inactive' also during activation
            self.deactivate()
        if self._jumps is not None:
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
            if self.asked_to_stop():  # a signal during an import can raise any error in an extension module
                raise KeyboardInterrupt from error
            # Logged here, because rclpy changes to the state ERROR without logging the reason.
            self.failure = repr(error)
            self.get_logger().error(traceback.format_exc())
            raise
        return TransitionCallbackReturn.SUCCESS

    def _leave_active(self, state: LifecycleState) -> None:
        while self._active_subscriptions:
            self.destroy_subscription(self._active_subscriptions.pop())
        self.deactivate()
        super().on_deactivate(state)
        self.state = 'inactive'

    def _destroy_publishers(self) -> None:
        while self._lifecycle_publishers:
            self.destroy_lifecycle_publisher(self._lifecycle_publishers.pop())

    # Resets and diagnostics.

    def health(self) -> Health:
        """The current status of the node."""
        return Health(self.get_fully_qualified_name().lstrip('/'), self.state, self.failure,
                      self.warning() if self.state == 'active' else '', self.details(),
                      self.statistics.figures())

    def report_failure(self, failure: str) -> None:
        """Publishes on /diagnostics why the node ends, and waits for delivery."""
        if self.context.ok():
            self.failure = failure
            self._publish_diagnostics()
            self._diagnostics.wait_for_all_acked(Duration(seconds=1))

    def _publish_diagnostics(self) -> None:
        message = DiagnosticArray(status=[status(self.health())])
        message.header.stamp = self.get_clock().now().to_msg()
        self._diagnostics.publish(message)

    def _on_jump(self, jump: TimeJump) -> None:
        if self.state == 'active' and jump.clock_change == ClockChange.ROS_TIME_NO_CHANGE:
            self.get_logger().info('time jumped back: tracks and filters reset')
            self.reset()
