"""A video to JSON and a bag; ends by itself: ros2 launch hemlets_ros video.launch.py source:=VIDEO
json:=out.json bag_out:=out.mcap weights:=FILE.
"""

from launch import LaunchDescription

from hemlets_ros.nodes.launching import launch_description


def generate_launch_description() -> LaunchDescription:
    return launch_description('video')
