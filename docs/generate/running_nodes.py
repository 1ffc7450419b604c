"""The nodes that generated documents are made of, started one after the other."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

import rclpy
from rclpy.parameter import Parameter

from hemlets_ros.nodes import topics
from hemlets_ros.nodes.camera_node import CameraNode
from hemlets_ros.nodes.detector_node import DetectorNode
from hemlets_ros.nodes.managed_node import ManagedNode
from hemlets_ros.nodes.pose_dispatcher_node import PoseDispatcherNode
from hemlets_ros.nodes.pose_node import PoseNode
from hemlets_ros.nodes.recorder_node import RecorderNode
from hemlets_ros.sources.bundled_clip import CLIP

#: Topics of optional message packages: node, way, topic, type.
FOREIGN = (
    (DetectorNode, 'out', topics.DETECTIONS_OUT, 'vision_msgs/Detection2DArray'),
    (DetectorNode, 'in', topics.DETECTIONS_IN, 'vision_msgs/Detection2DArray'),
    (PoseNode, 'out', topics.TF, 'tf2_msgs/TFMessage'),
    (PoseDispatcherNode, 'out', topics.TF, 'tf2_msgs/TFMessage'),
    (PoseNode, 'out', topics.TF_STATIC, 'tf2_msgs/TFMessage'),
    (PoseNode, 'out', topics.BODIES, 'hri_msgs/IdsList'),
    (PoseDispatcherNode, 'out', topics.BODIES, 'hri_msgs/IdsList'))

#: The nodes that may have bodies of ROS4HRI; and the topics of each body.
WITH_BODIES = PoseNode, PoseDispatcherNode
OF_BODY = (topics.ROI, topics.CROPPED, topics.SKELETON_2D, topics.JOINT_STATES, topics.POSITION,
           topics.VELOCITY, topics.URDF)


def running_nodes() -> Iterator[ManagedNode]:
    """Each node while it is active."""
    context = rclpy.Context()
    rclpy.init(context=context)
    with tempfile.TemporaryDirectory() as folder:
        for kind, values in (
                (CameraNode, {'source': str(CLIP), 'lossless': 'recorded', 'clock': True}),
                (DetectorNode, {'detector': 'whole-image'}),
                (PoseNode, {'device': 'cpu', 'backend': 'torch'}),
                (PoseDispatcherNode, {'pose_workers': 1}), (RecorderNode, {'json': f'{folder}/a.json'})):
            node = kind(context=context, parameter_overrides=[
                Parameter(name, value=value) for name, value in values.items()])
            node.start()
            yield node
            node.destroy_node()
    rclpy.shutdown(context=context)
