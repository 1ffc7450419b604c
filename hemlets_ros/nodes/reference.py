"""docs/ros.md, made of what running nodes have: python -m hemlets_ros.nodes.reference > docs/ros.md."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import fields

import rclpy
from rclpy.parameter import Parameter
from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy

from hemlets_ros.bundled_clip import CLIP
from hemlets_ros.graph import graph_names, read_graph
from hemlets_ros.nodes import topics
from hemlets_ros.nodes.camera_node import CameraNode
from hemlets_ros.nodes.detector_node import DetectorNode
from hemlets_ros.nodes.managed_node import ManagedNode
from hemlets_ros.nodes.pose_node import PoseNode
from hemlets_ros.nodes.recorder_node import RecorderNode
from hemlets_ros.nodes.sharing_node import SharingNode
from hemlets_ros.settings import NODE_SETTINGS

_HEAD = '''# Nodes, topics, parameters

Made from the code by `python -m hemlets_ros.nodes.reference > docs/ros.md`; a test compares.

    camera_node -> image_raw, camera_info -> detector_node -> person_crops -> pose_node -> skeletons
    skeletons -> recorder_node -> JSON, bag
    person_crops -> sharing_node -> share_0/person_crops, share_1/person_crops ... -> a pose_node each
    share_0/skeletons, share_1/skeletons ... -> sharing_node -> skeletons

All are lifecycle nodes: parameters are read in *configure*; camera, weights and files are taken in *activate*
(with a run to warm up) and given back in *deactivate*. A transition that fails says why in the log and on
`/diagnostics`. With `autostart` (the default) a node goes through both by itself, and ends with exit status 1
where it cannot. Stamp and `frame_id` of an image are copied to all that follows from it.

The QoS of every topic but `/diagnostics` can be overridden by parameters:
`qos_overrides./image_raw.subscription.reliability: reliable` (also `.depth`, `.history`; `.publisher`).
Receiving best effort takes images from any publisher; a queue of one means that the newest image wins.
'''
_GRAPHS = '''
## Graphs

`ros2 launch hemlets_ros NAME.launch.py ARGUMENT:=VALUE ...`, or without an installation
`hemlets up NAME ARGUMENT:=VALUE ...`, both made from `config/graphs.yaml`. Arguments are the parameters below
and those of that file; `--show-args` lists them. `one_process:=true` runs detector and pose node in one
process, without DDS between them. `shares:=2` runs two pose nodes, each for its part of the people
([scale.md](scale.md)).

'''
_OPTIONAL = '''
## Where their messages are installed

Where a package is missing the topic is left out, with one line in the log.

| node | topic | type | |
|---|---|---|---|
'''
_FOREIGN = (
    (DetectorNode, 'out', topics.DETECTIONS_OUT, 'vision_msgs/Detection2DArray'),
    (DetectorNode, 'in', topics.DETECTIONS_IN, 'vision_msgs/Detection2DArray'),
    (PoseNode, 'out', topics.TF, 'tf2_msgs/TFMessage'),
    (PoseNode, 'out', topics.TF_STATIC, 'tf2_msgs/TFMessage'),
    (PoseNode, 'out', topics.BODIES, 'hri_msgs/IdsList'),
    (SharingNode, 'out', topics.BODIES, 'hri_msgs/IdsList'))
_ELSEWHERE = {topic if topic.startswith('/') else f'/{topic}' for _, _, topic, _ in _FOREIGN}


def reference() -> str:
    """The text of docs/ros.md."""
    lines = [_HEAD, _GRAPHS]
    lines += [f'- `{name}`: {read_graph(name).about}\n' for name in graph_names()]
    context = rclpy.Context()
    rclpy.init(context=context)
    with tempfile.TemporaryDirectory() as folder:
        for kind, values in (
                (CameraNode, {'source': str(CLIP),
                              'lossless': 'recorded', 'clock': True}),
                (DetectorNode, {'detector': 'whole-image'}), (PoseNode, {'device': 'cpu'}),
                (SharingNode, {'shares': 1}), (RecorderNode, {'json': f'{folder}/a.json'})):
            node = kind(context=context, parameter_overrides=[
                Parameter(name, value=value) for name, value in values.items()])
            node.start()
            lines += _section(node)
            node.destroy_node()
    rclpy.shutdown(context=context)
    lines.append(_OPTIONAL)
    lines += [f'| {kind.NAME}, {way} | `{topic}` | {message} | {topics.ABOUT[topic]} |\n'
              for kind, way, topic, message in _FOREIGN]
    return ''.join(lines)


def _section(node: ManagedNode) -> Iterator[str]:
    about = sys.modules[type(node).__module__].__doc__.partition(': ')[2].partition('\n')[0].rstrip('.')
    yield f'\n## {node.NAME}\n\n{about}\n\n'
    yield '| topic | type | reliability, depth | |\n|---|---|---|---|\n'
    for way, entities in (('in', node.subscriptions), ('out', node.publishers)):
        for entity in sorted(entities, key=lambda each: each.topic_name):
            name = entity.topic_name
            about = topics.ABOUT.get(name) or topics.ABOUT.get(name.lstrip('/'))
            if about and name not in _ELSEWHERE:
                shown = name if name in topics.ABOUT else name.lstrip('/')
                yield (f'| {way} `{shown}` | {_type(entity.msg_type)} | {_qos(entity.qos_profile)} '
                       f'| {about} |\n')
    if node.offers:
        yield '\n| service | |\n|---|---|\n'
    yield from (f'| `~/{name}` (std_srvs/Trigger) | {about} |\n' for name, about in node.offers.items())
    yield '\n| parameter | default | live | |\n|---|---|---|---|\n'
    for field in (field for group in NODE_SETTINGS[node.NAME] for field in fields(group)):
        limits = field.metadata
        note = f'; {limits["minimum"]} to {limits["maximum"]}' if limits['minimum'] is not None else ''
        note += f'; one of {", ".join(limits["choices"])}' if limits['choices'] else ''
        yield (f'| `{field.name}` | `{field.default!r}` | {"yes" if limits["live"] else ""} '
               f'| {limits["description"].replace("<", "&lt;")}{note} |\n')


def _type(kind: type) -> str:
    return f'{kind.__module__.split(".")[0]}/{kind.__name__}'


def _qos(profile: QoSProfile) -> str:
    reliability = 'reliable' if profile.reliability == QoSReliabilityPolicy.RELIABLE else 'best effort'
    latched = ', latched' if profile.durability == QoSDurabilityPolicy.TRANSIENT_LOCAL else ''
    return f'{reliability}, {profile.depth}{latched}'


if __name__ == '__main__':
    sys.stdout.write(reference())
