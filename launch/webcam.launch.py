"""Processes a USB or network camera to skeletons; records them if json, course_json or bag_out is set.

ros2 launch hemlets_ros webcam.launch.py source:=0

source:="" starts no camera node. With your own camera driver, use this or pose.launch.py.
"""

from launch import LaunchDescription
from launch.actions import IncludeLaunchDescription, OpaqueFunction
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

from hemlets_ros.nodes.launch_arguments import accept_former_names, declare_parameters, parameters_of
from hemlets_ros.nodes.launch_ends import restarted

USE_SIM_TIME = {'use_sim_time': ParameterValue(LaunchConfiguration('use_sim_time'), value_type=bool)}
OUTPUTS = ('json', 'course_json', 'bag_out')


def nodes(context):
    """A recorder if an output is set, and the camera node unless source is empty."""
    def node(name, **arguments):
        return Node(
            package='hemlets_ros', executable=name, namespace=LaunchConfiguration('namespace'),
            parameters=[parameters_of(name), USE_SIM_TIME, LaunchConfiguration('params_file')],
            output='screen', **arguments, **restarted(context, may_end=True))

    started = []
    if any(LaunchConfiguration(name).perform(context) for name in OUTPUTS):
        started.append(node('recorder_node'))
    if LaunchConfiguration('source').perform(context):
        started.append(node('camera_node', remappings=[
            ('image_raw', LaunchConfiguration('image_topic')),
            ('camera_info', LaunchConfiguration('camera_info_topic'))]))
    return started


def generate_launch_description():
    return LaunchDescription([
        OpaqueFunction(function=accept_former_names),
        *declare_parameters('camera_node'),
        *declare_parameters('recorder_node'),
        # Detector, pose node, RViz; it also declares namespace, image_topic, use_sim_time, params_file ...
        IncludeLaunchDescription(PythonLaunchDescriptionSource(
            PathJoinSubstitution([FindPackageShare('hemlets_ros'), 'launch', 'pose.launch.py']))),
        OpaqueFunction(function=nodes),
    ])
