"""A camera (or video) to skeletons: ros2 launch hemlets_ros webcam.launch.py source:=0 weights:=FILE.

Arguments are the nodes' parameters, with their defaults. The recorder starts when json or
course_json is given.
"""

import dataclasses

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration, PythonExpression
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from hemlets_ros.graph import GRAPHS
from hemlets_ros.settings import NODE_SETTINGS


def generate_launch_description() -> LaunchDescription:
    arguments, nodes = {}, []
    record = IfCondition(PythonExpression(
        ["'", LaunchConfiguration('json'), LaunchConfiguration('course_json'), "' != ''"]))
    for name in GRAPHS['video']:
        parameters = {}
        for field in (f for group in NODE_SETTINGS[name] for f in dataclasses.fields(group)):
            arguments[field.name] = DeclareLaunchArgument(
                field.name, default_value=str(field.default),
                description=field.metadata['description'])
            parameters[field.name] = ParameterValue(
                LaunchConfiguration(field.name), value_type=type(field.default))
        nodes.append(Node(
            package='hemlets_ros', executable=name, parameters=[parameters], output='screen',
            condition=record if name == 'recorder_node' else None))
    return LaunchDescription([*arguments.values(), *nodes])
