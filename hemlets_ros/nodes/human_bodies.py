"""Publishes tracked people as ROS4HRI bodies (REP-155): topics, TF frames and a URDF for each person."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable
from typing import Any, NamedTuple

from geometry_msgs.msg import PointStamped, TwistStamped
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.parameter import Parameter
from rclpy.publisher import Publisher
from sensor_msgs.msg import Image, JointState
from std_msgs.msg import Header, String

from hemlets_ros.body.person_chain import PersonChain
from hemlets_ros.msg import PersonCropArray
from hemlets_ros.nodes import body_messages, topics
from hemlets_ros.nodes.managed_node import ManagedNode
from hemlets_ros.nodes.optional_messages import messages_of
from hemlets_ros.nodes.parameters import DESCRIPTION
from hemlets_ros.nodes.qos import LATCHED, RESULTS, copy_of
from hemlets_ros.nodes.tf import body_frames
from hemlets_ros.people import Frame, Person

#: A body of a missing person is kept for the default of tracking_memory_s, or for this number of images if
#: stamps do not advance.
_KEPT_S, _KEPT_IMAGES = 1.0, 30
_ID_LENGTH = 5


class Seen(NamedTuple):
    """The people of an image, and their crops."""

    frame: Frame
    crops: PersonCropArray


class HumanBodies:
    """All bodies of a node. Created when it is configured, cleared when it is deactivated."""

    def __init__(self, node: ManagedNode) -> None:
        self._node = node
        self._bodies: dict[int, _Body] = {}  # by track id
        self._used: set[str] = set()  # all body ids so far, including those of removed bodies
        self._header = Header()  # header of the last image
        self._tf2_msgs = messages_of('tf2_msgs', node, topics.TF)
        self._hri_msgs = messages_of('hri_msgs', node, f'{topics.BODIES}, {topics.SKELETON_2D}')
        if self._tf2_msgs:
            self._tf = node.create_lifecycle_publisher(self._tf2_msgs.TFMessage, topics.TF, RESULTS)
        if self._hri_msgs:
            self._tracked = node.create_lifecycle_publisher(self._hri_msgs.IdsList, topics.BODIES, RESULTS)

    def publish(self, seen: Seen) -> None:
        """Publishes the people of an image, except untracked ones (with a negative id)."""
        people = {person.id: person for person in seen.frame.people if person.id >= 0}
        self._header = seen.crops.header
        for track_id in list(self._bodies):
            if track_id not in people and self._bodies[track_id].has_left(seen.frame.stamp_s):
                self._bodies.pop(track_id).remove()
        crops = {crop.box.track_id: crop.image for crop in seen.crops.crops}
        frames = []
        for track_id, person in people.items():
            if track_id not in self._bodies:
                self._bodies[track_id] = _Body(self._node, self._new_id(), self._hri_msgs)
            body = self._bodies[track_id]
            body.publish(person, seen.frame, self._header, crops.get(track_id))
            if self._tf2_msgs and self._tf.get_subscription_count():
                frames += body.frames(self._header)
        if frames:
            self._tf.publish(self._tf2_msgs.TFMessage(transforms=frames))
        self._publish_ids(list(people))

    def clear(self) -> None:
        """Removes all bodies."""
        if self._bodies and self._node.context.ok():
            self._publish_ids([])
        while self._bodies:
            self._bodies.popitem()[1].remove()

    def _publish_ids(self, track_ids: list[int]) -> None:
        if self._hri_msgs:
            self._tracked.publish(self._hri_msgs.IdsList(
                header=self._header, ids=[self._bodies[each].id for each in track_ids]))

    def _new_id(self) -> str:
        """A new random id. It is random because other nodes may publish bodies, too."""
        while True:
            body_id = ''.join(secrets.choice(string.ascii_lowercase) for _ in range(_ID_LENGTH))
            if body_id not in self._used:
                self._used.add(body_id)
                return body_id


class _Body:
    """Publishers and URDF parameter of a person."""

    def __init__(self, node: ManagedNode, body_id: str, hri_msgs: Any) -> None:
        self.id = body_id
        self._node, self._hri_msgs = node, hri_msgs
        self._chain = PersonChain(body_id)
        self._parameter = f'{DESCRIPTION}{body_id}'
        kinds = {topics.ROI: body_messages.roi_type(hri_msgs), topics.CROPPED: Image,
                 topics.JOINT_STATES: JointState, topics.POSITION: PointStamped,
                 topics.VELOCITY: TwistStamped, topics.URDF: String}
        if hri_msgs:
            kinds[topics.SKELETON_2D] = hri_msgs.Skeleton2D
        # Not lifecycle publishers, because bodies exist only while the node is active. Their QoS has no
        # parameters, because these would remain after the body is removed.
        self._publishers: dict[str, Publisher] = {
            topic: node.create_publisher(kind, topics.of_body(topic, body_id),
                                         copy_of(LATCHED if topic == topics.URDF else RESULTS))
            for topic, kind in kinds.items()}

    def publish(self, person: Person, frame: Frame, header: Header, crop: Image | None) -> None:
        self._last_s, self._missed = frame.stamp_s, 0
        self._pose, is_new = self._chain.update(person.joints_mm)
        self._positions = self._chain.positions(self._pose)
        if is_new:
            self._describe()
        size_px = frame.image_size_px
        makers: dict[str, Callable[[], Any]] = {
            topics.ROI: lambda: body_messages.roi(person, size_px, header, self._hri_msgs),
            topics.CROPPED: lambda: crop,
            topics.SKELETON_2D: lambda: body_messages.skeleton_2d(person, size_px, header, self._hri_msgs),
            topics.JOINT_STATES: lambda: body_messages.joint_state(self._positions, header),
            topics.POSITION: lambda: body_messages.position(person, header),
            topics.VELOCITY: lambda: body_messages.velocity(person, header)}
        for topic, make in makers.items():
            publisher = self._publishers.get(topic)
            if publisher and publisher.get_subscription_count() and (message := make()) is not None:
                publisher.publish(message)

    def frames(self, header: Header) -> list[Any]:
        """TF transforms of the last image."""
        return body_frames(self.id, self._pose, self._chain.tree, self._positions, header)

    def has_left(self, stamp_s: float) -> bool:
        """Whether a person who is not in this image has been missing long enough to be removed."""
        self._missed += 1
        return stamp_s - self._last_s > _KEPT_S or self._missed > _KEPT_IMAGES

    def remove(self) -> None:
        for publisher in self._publishers.values():
            self._node.destroy_publisher(publisher)
        if self._node.context.ok():  # unsetting the parameter publishes an event
            self._node.set_parameters([Parameter(self._parameter, Parameter.Type.NOT_SET)])

    def _describe(self) -> None:
        """Sets the URDF as a parameter and publishes it."""
        urdf = self._chain.urdf
        if self._node.has_parameter(self._parameter):
            self._node.set_parameters([Parameter(self._parameter, value=urdf)])
        else:
            # Only a parameter of dynamic type can be unset, which notifies subscribers of parameter events.
            self._node.declare_parameter(self._parameter, urdf, ParameterDescriptor(
                description=f'URDF of the body {self.id}', dynamic_typing=True))
        self._publishers[topics.URDF].publish(String(data=urdf))
