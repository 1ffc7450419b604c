"""A process that publishes each received message again, to measure DDS."""

from __future__ import annotations

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from sensor_msgs.msg import Image

from hemlets_ros.msg import Skeleton3DArray
from hemlets_ros.nodes.qos import NEWEST_RELIABLE, RESULTS, copy_of

#: Type -> QoS of its topics `there/<type>` and `back/<type>`, as in the graph.
KINDS = {Image: NEWEST_RELIABLE, Skeleton3DArray: RESULTS}


def main() -> None:
    rclpy.init()
    node = rclpy.create_node('echo')
    for kind, qos in KINDS.items():
        back = node.create_publisher(kind, f'back/{kind.__name__}', copy_of(qos))
        node.create_subscription(kind, f'there/{kind.__name__}', back.publish, copy_of(qos))
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    try:
        executor.spin()
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()
