import numpy as np
import pytest
from rosbags.rosbag1 import Writer as Ros1Writer
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from hemlets_ros.sources.bag_transforms import rotations_from_level, static_transforms

_TIPPED = [0.5, -0.5, 0.5, -0.5]  # w, x, y, z of an optical frame in base_link


def _transforms(store, **of_ros1):
    kinds = store.types
    header = kinds['std_msgs/msg/Header'](
        stamp=kinds['builtin_interfaces/msg/Time'](sec=0, nanosec=0), frame_id='base_link', **of_ros1)
    w, x, y, z = _TIPPED
    return kinds['tf2_msgs/msg/TFMessage'](transforms=[kinds['geometry_msgs/msg/TransformStamped'](
        header=header, child_frame_id='camera', transform=kinds['geometry_msgs/msg/Transform'](
            translation=kinds['geometry_msgs/msg/Vector3'](x=0, y=0, z=1),
            rotation=kinds['geometry_msgs/msg/Quaternion'](x=x, y=y, z=z, w=w)))])


@pytest.fixture(params=['ros 2', 'ros 1'])
def bag(request, tmp_path):
    path = tmp_path / ('a.bag' if request.param == 'ros 1' else 'a')
    kind = 'tf2_msgs/msg/TFMessage'
    if request.param == 'ros 1':
        store = get_typestore(Stores.ROS1_NOETIC)
        store.register(get_types_from_msg('geometry_msgs/TransformStamped[] transforms', kind))
        with Ros1Writer(path) as writer:
            writer.write(writer.add_connection('/tf_static', kind, typestore=store), 1,
                         bytes(store.serialize_ros1(_transforms(store, seq=0), kind)))
    else:
        store = get_typestore(Stores.ROS2_HUMBLE)
        with Writer(path, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
            writer.write(writer.add_connection('/tf_static', kind, typestore=store), 1,
                         bytes(store.serialize_cdr(_transforms(store), kind)))
    return path


def test_rotations_of_a_recorded_camera(bag):
    np.testing.assert_allclose(rotations_from_level(static_transforms(bag), 'camera'), [_TIPPED])


def test_a_topic_of_that_name_with_other_messages_is_not_read(tmp_path):
    store = get_typestore(Stores.ROS2_HUMBLE)
    with Writer(tmp_path / 'a', version=9, storage_plugin=StoragePlugin.SQLITE3) as writer:
        connection = writer.add_connection('/tf_static', 'std_msgs/msg/String', typestore=store)
        writer.write(connection, 1, bytes(store.serialize_cdr(
            store.types['std_msgs/msg/String'](data='x'), 'std_msgs/msg/String')))
    assert list(static_transforms(tmp_path / 'a')) == []
