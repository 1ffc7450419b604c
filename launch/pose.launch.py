"""Detector and pose node, for a robot that has its camera: ros2 launch hemlets_ros pose.launch.py
image_topic:=/camera/image_raw camera_info_topic:=/camera/camera_info weights:=FILE.
"""

from launch import LaunchDescription

from hemlets_ros.nodes.launching import launch_description


def generate_launch_description() -> LaunchDescription:
    return launch_description('pose')
