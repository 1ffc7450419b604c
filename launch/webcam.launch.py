"""A USB or network camera to skeletons: ros2 launch hemlets_ros webcam.launch.py source:=0 weights:=FILE."""

from launch import LaunchDescription

from hemlets_ros.nodes.launching import launch_description


def generate_launch_description() -> LaunchDescription:
    return launch_description('webcam')
