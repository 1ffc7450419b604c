"""Message classes of packages that are not installed, made from their definitions by ROS's own generator.

They check every field's type, and cannot be sent: that would take compiled type support.
"""

import contextlib
import importlib
import io
import json
import sys
from pathlib import Path

from rosidl_adapter.msg import convert_msg_to_idl
from rosidl_generator_py.generate_py_impl import generate_py

#: As in tf2_msgs, hri_msgs and vision_msgs 4.
DEFINITIONS = {
    'tf2_msgs': {'TFMessage': 'geometry_msgs/TransformStamped[] transforms'},
    'hri_msgs': {'IdsList': 'std_msgs/Header header\nstring[] ids'},
    'vision_msgs': {
        'Point2D': 'float64 x\nfloat64 y',
        'Pose2D': 'vision_msgs/Point2D position\nfloat64 theta',
        'BoundingBox2D': 'vision_msgs/Pose2D center\nfloat64 size_x\nfloat64 size_y',
        'ObjectHypothesis': 'string class_id\nfloat64 score',
        'ObjectHypothesisWithPose':
            'vision_msgs/ObjectHypothesis hypothesis\ngeometry_msgs/PoseWithCovariance pose',
        'Detection2D': 'std_msgs/Header header\nvision_msgs/ObjectHypothesisWithPose[] results\n'
                       'vision_msgs/BoundingBox2D bbox\nstring id',
        'Detection2DArray': 'std_msgs/Header header\nvision_msgs/Detection2D[] detections'}}


def generate(package, folder):
    """The module PACKAGE.msg, made in a folder; the caller puts `sys.modules` and `sys.path` back."""
    source, out = folder / 'source' / package, folder / 'out' / package
    (source / 'msg').mkdir(parents=True)
    tuples = []
    for name, definition in DEFINITIONS[package].items():
        (source / 'msg' / f'{name}.msg').write_text(definition)
    with contextlib.redirect_stdout(io.StringIO()):
        for name in DEFINITIONS[package]:
            convert_msg_to_idl(source, package, Path('msg', f'{name}.msg'), source / 'msg')
            tuples.append(f'{source}:msg/{name}.idl')
        arguments = folder / f'{package}.json'
        arguments.write_text(json.dumps({
            'package_name': package, 'idl_tuples': tuples, 'ros_interface_dependencies': [],
            'output_dir': str(out), 'target_dependencies': [],
            'template_dir': str(Path(sys.prefix, 'share/rosidl_generator_py/resource'))}))
        generate_py(str(arguments), [])
    (out / '__init__.py').touch()
    sys.path.insert(0, str(folder / 'out'))
    importlib.invalidate_caches()
    return importlib.import_module(f'{package}.msg')
