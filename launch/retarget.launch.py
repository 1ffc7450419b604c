"""Converts a camera's images to joint positions of a robot that imitates a person; commands no robot.

ros2 launch hemlets_ros retarget.launch.py source:=0 robot:=unitree_g1

With a graph that already runs: ros2 run hemlets_ros retarget_node --ros-args -p robot:=unitree_g1
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


def nodes(context):
    """The node that converts skeletons to a robot's joint positions."""
    return [Node(
        package='hemlets_ros', executable='retarget_node', namespace=LaunchConfiguration('namespace'),
        parameters=[parameters_of('retarget_node'), USE_SIM_TIME, LaunchConfiguration('params_file')],
        output='screen', **restarted(context))]


def generate_launch_description():
    return LaunchDescription([
        OpaqueFunction(function=accept_former_names),
        *declare_parameters('retarget_node'),
        # Camera, detector, pose node, recorder; it also declares namespace, use_sim_time, params_file ...
        IncludeLaunchDescription(PythonLaunchDescriptionSource(
            PathJoinSubstitution([FindPackageShare('hemlets_ros'), 'launch', 'webcam.launch.py']))),
        OpaqueFunction(function=nodes),
    ])
