"""A recorded bag to JSON: ros2 launch hemlets_ros bag.launch.py bag:=BAG topic:=/camera/image_raw
json:=out.json weights:=FILE.
"""

from launch import LaunchDescription

from hemlets_ros.nodes.launching import launch_description


def generate_launch_description() -> LaunchDescription:
    return launch_description('bag')
