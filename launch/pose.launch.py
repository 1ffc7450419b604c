"""Starts detector and pose node, for a robot with its own camera driver.

ros2 launch hemlets_ros pose.launch.py image_topic:=/camera/image_raw camera_info_topic:=/camera/camera_info

The other launch files include this one.
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

from hemlets_ros.nodes.launch_arguments import accept_former_names, declare_parameters, parameters_of
from hemlets_ros.nodes.launch_ends import restarted

CONFIG = PathJoinSubstitution([FindPackageShare('hemlets_ros'), 'config'])
USE_SIM_TIME = {'use_sim_time': ParameterValue(LaunchConfiguration('use_sim_time'), value_type=bool)}
IMAGE_TOPICS = [('image_raw', LaunchConfiguration('image_topic')),
                ('camera_info', LaunchConfiguration('camera_info_topic'))]


def nodes(context):
    """Detector and pose node in one process or two, or several pose nodes, as pose_workers says."""
    one_process = IfCondition(LaunchConfiguration('one_process')).evaluate(context)
    workers = int(LaunchConfiguration('pose_workers').perform(context))
    namespace = LaunchConfiguration('namespace').perform(context)
    if one_process and workers:
        raise RuntimeError('give one_process or pose_workers, not both')

    def node(executable, *names, within=namespace, remappings=(), fixed=()):
        return Node(
            package='hemlets_ros', executable=executable, namespace=within, output='screen',
            parameters=[*map(parameters_of, names), USE_SIM_TIME, LaunchConfiguration('params_file'), *fixed],
            remappings=remappings, **restarted(context))

    if one_process:
        return [node('one_process', 'detector_node', 'pose_node', remappings=IMAGE_TOPICS)]
    detector = node('detector_node', 'detector_node', remappings=IMAGE_TOPICS)
    if not workers:
        return [node('pose_node', 'pose_node'), detector]
    return [node('pose_dispatcher_node', 'pose_dispatcher_node'), *(node(
        'pose_node', 'pose_node',
        within=f'{namespace}/pose_worker_{worker}' if namespace else f'pose_worker_{worker}',
        fixed=[{'ros4hri': False}])  # the dispatcher publishes all bodies
        for worker in range(workers)), detector]


def generate_launch_description():
    return LaunchDescription([
        OpaqueFunction(function=accept_former_names),
        DeclareLaunchArgument('namespace', default_value='', description='namespace of all nodes'),
        DeclareLaunchArgument('image_topic', default_value='image_raw', description='topic of the images'),
        DeclareLaunchArgument('camera_info_topic', default_value='camera_info',
                              description='topic of the camera intrinsics'),
        DeclareLaunchArgument('use_sim_time', default_value='false', description='use the time of /clock'),
        DeclareLaunchArgument('one_process', default_value='false',
                              description='run detector and pose node in one process, '
                                          'without DDS between them'),
        DeclareLaunchArgument('rviz', default_value='false', description='start RViz'),
        DeclareLaunchArgument('respawn', default_value='true',
                              description='restart a node that ends, up to three times'),
        DeclareLaunchArgument('params_file',
                              default_value=PathJoinSubstitution([CONFIG, 'no_parameters.yaml']),
                              description='parameter file; it overrides launch arguments'),
        *declare_parameters('detector_node'),
        *declare_parameters('pose_node'),
        *declare_parameters('pose_dispatcher_node'),
        OpaqueFunction(function=nodes),
        Node(package='rviz2', executable='rviz2', output='screen',
             arguments=['-d', PathJoinSubstitution([CONFIG, 'hemlets.rviz'])],
             condition=IfCondition(LaunchConfiguration('rviz'))),
    ])
