"""Processes a video to JSON and a bag: each frame once; ends after the last.

ros2 launch hemlets_ros video.launch.py source:=VIDEO json:=out.json bag_out:=out.mcap
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, OpaqueFunction
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

from hemlets_ros.nodes.launch_arguments import accept_former_names, declare_parameters, parameters_of
from hemlets_ros.nodes.launch_ends import ends_all

USE_SIM_TIME = {'use_sim_time': ParameterValue(LaunchConfiguration('use_sim_time'), value_type=bool)}
OUTPUTS = ('json', 'course_json', 'bag_out')


def check_outputs(context):
    """Fails without an output, because no recorder would start and the camera node would wait for it."""
    if not any(LaunchConfiguration(name).perform(context) for name in OUTPUTS):
        raise RuntimeError('video needs an output: set json, course_json or bag_out')


def generate_launch_description():
    return LaunchDescription([
        OpaqueFunction(function=accept_former_names),
        DeclareLaunchArgument(
            'source', description='video file, or a folder of images, frames of a video at folder_rate_hz'),
        *declare_parameters('camera_node', without=('source',), lossless='recorded'),
        *declare_parameters('recorder_node'),
        *declare_parameters('detector_node', reliable_images=True),
        # No frame may be dropped, however long the pose nodes take.
        *declare_parameters('pose_dispatcher_node', pose_worker_timeout_s=3600.0),
        OpaqueFunction(function=check_outputs),
        # Detector, pose node, RViz; it also declares namespace, image_topic, use_sim_time, params_file ...
        IncludeLaunchDescription(
            PythonLaunchDescriptionSource(
                PathJoinSubstitution([FindPackageShare('hemlets_ros'), 'launch', 'pose.launch.py'])),
            launch_arguments={'respawn': 'false'}.items()),
        Node(package='hemlets_ros', executable='recorder_node', namespace=LaunchConfiguration('namespace'),
             parameters=[parameters_of('recorder_node'), USE_SIM_TIME, LaunchConfiguration('params_file')],
             output='screen', on_exit=ends_all()),
        Node(package='hemlets_ros', executable='camera_node', namespace=LaunchConfiguration('namespace'),
             parameters=[parameters_of('camera_node'), USE_SIM_TIME, LaunchConfiguration('params_file')],
             remappings=[('image_raw', LaunchConfiguration('image_topic')),
                         ('camera_info', LaunchConfiguration('camera_info_topic'))],
             output='screen', on_exit=ends_all(done=True)),
    ])
