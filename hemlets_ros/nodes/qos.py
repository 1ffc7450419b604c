"""QoS profiles for kinds of topics."""

import copy

from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy

#: Subscriptions to images: best effort is compatible with any publisher; a queue of one keeps the newest.
NEWEST = QoSProfile(depth=1, reliability=QoSReliabilityPolicy.BEST_EFFORT)
#: Publishers of images and crops: reliable is compatible with any subscriber; a queue of one.
NEWEST_RELIABLE = QoSProfile(depth=1, reliability=QoSReliabilityPolicy.RELIABLE)
#: Results: reliable, with a queue for slow subscribers.
RESULTS = QoSProfile(depth=10, reliability=QoSReliabilityPolicy.RELIABLE)
#: Messages that later subscribers must receive, too.
LATCHED = QoSProfile(depth=1, reliability=QoSReliabilityPolicy.RELIABLE,
                     durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)


def copy_of(profile: QoSProfile) -> QoSProfile:
    """A copy for one publisher or subscription, because rclpy writes qos_overrides into the given profile."""
    return copy.copy(profile)
