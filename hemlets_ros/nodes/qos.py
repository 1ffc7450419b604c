"""Quality of service, by what a topic carries."""

import copy

from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions

#: Receiving images: best effort takes from any publisher; one in the queue, so the newest wins.
NEWEST = QoSProfile(depth=1, reliability=QoSReliabilityPolicy.BEST_EFFORT)
#: Sending images and crops: reliable serves any subscriber; again the newest wins.
NEWEST_RELIABLE = QoSProfile(depth=1, reliability=QoSReliabilityPolicy.RELIABLE)
#: Results: reliable, with room for a subscriber that is busy.
RESULTS = QoSProfile(depth=10, reliability=QoSReliabilityPolicy.RELIABLE)
#: What later subscribers must hear too.
LATCHED = QoSProfile(depth=1, reliability=QoSReliabilityPolicy.RELIABLE,
                     durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)


def own(profile: QoSProfile) -> QoSProfile:
    """A copy for one publisher or subscription: rclpy writes qos_overrides into the profile that it gets."""
    return copy.copy(profile)


def overridable() -> QoSOverridingOptions:
    """Lets `qos_overrides` parameters change history, depth and reliability."""
    return QoSOverridingOptions.with_default_policies()
