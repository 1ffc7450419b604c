"""QoS profiles, by the content of a topic."""

import copy

from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy

#: Subscriptions to images: best effort matches any publisher; a queue of one keeps the newest.
NEWEST = QoSProfile(depth=1, reliability=QoSReliabilityPolicy.BEST_EFFORT)
#: Publishers of images and crops: reliable matches any subscriber; again a queue of one.
NEWEST_RELIABLE = QoSProfile(depth=1, reliability=QoSReliabilityPolicy.RELIABLE)
#: Results: reliable, with a queue for a busy subscriber.
RESULTS = QoSProfile(depth=10, reliability=QoSReliabilityPolicy.RELIABLE)
#: What later subscribers must receive too.
LATCHED = QoSProfile(depth=1, reliability=QoSReliabilityPolicy.RELIABLE,
                     durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)


def copy_of(profile: QoSProfile) -> QoSProfile:
    """A copy for one publisher or subscription: rclpy writes qos_overrides into the profile that it gets."""
    return copy.copy(profile)
