"""docs/ros.md, made of what running nodes have: python docs/generate/ros_reference.py > docs/ros.md."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import fields

from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy
from ros4hri_reference import section as ros4hri_section
from running_nodes import FOREIGN, running_nodes

from hemlets_ros.nodes import topics
from hemlets_ros.nodes.graphs import GRAPHS
from hemlets_ros.nodes.managed_node import ManagedNode
from hemlets_ros.settings import NODE_SETTINGS

_HEAD = '''# Nodes, topics, parameters

Made from the code by `python docs/generate/ros_reference.py > docs/ros.md`; a test compares.

    camera_node -> image_raw, camera_info -> detector_node -> person_crops -> pose_node -> skeletons
    skeletons -> recorder_node -> JSON, bag
    person_crops -> pose_dispatcher_node -> pose_worker_0/person_crops ... -> a pose_node each
    pose_worker_0/skeletons ... -> pose_dispatcher_node -> skeletons

All are lifecycle nodes: parameters are read in *configure*; camera, weights and files are opened in
*activate* (with a warm-up run) and released in *deactivate*. The reason of a failed transition is in the log
and on `/diagnostics`. With `autostart` (the default) a node does both at start, and ends with exit status 1
where one fails. Results keep the stamp and `frame_id` of their image. Ctrl-C, SIGTERM and SIGHUP end a node
at any time, with exit status 0; its files are closed first. While its modules are imported they end it at
once, by the signal.

`ros2 param load NODE FILE` takes `config/hemlets.yaml` and what `ros2 param dump` wrote, also while the node
is active: what does not change is no change, and defaults of other nodes' parameters are passed over.

The QoS of every topic but `/diagnostics` and those of single bodies can be overridden by parameters:
`qos_overrides./image_raw.subscription.reliability: reliable` (also `.depth`, `.history`; `.publisher`).
Best-effort subscriptions match any publisher; with a queue of one a node always takes the newest image.
'''
_GRAPHS = '''
## Graphs

`ros2 launch hemlets_ros NAME.launch.py ARGUMENT:=VALUE ...`, or without an installation
`hemlets up NAME ARGUMENT:=VALUE ...`. Arguments are the parameters below and a few of the graph's own;
`--show-args` lists them. `one_process:=true` runs detector and pose node in one
process, without DDS between them. `pose_workers:=2` runs two pose nodes, each for its part of the people
([scale.md](scale.md)).

A graph ends as a whole, with exit status 1, when one of its nodes has ended that is not restarted (any more);
a launch file that includes it ends with it. Graphs of cameras restart a node up to three times (`respawn`).

Without loss (`video`, `bag`, `lossless`) an image goes on to the next node when the last one is answered. One
that a node refuses (the log says why) is counted in `report` as `refused`, and the next one follows.

'''
_MEMORY = '''
## Shared memory

Images go from process to process through `/dev/shm`: 64 MiB for each process where it has 448 MiB, as on most
machines; 8 MiB where it has 56 MiB, as in a container by Docker: enough for 1920 x 1080 px; else by UDP. A
camera node whose images are too large for that says so. Start such a container with `--shm-size=1g`. UDP and
large images need `reliable_images`, which `video` and `bag` set. `FASTDDS_DEFAULT_PROFILES_FILE`, its name up
to Jazzy `FASTRTPS_DEFAULT_PROFILES_FILE`, or `FASTDDS_BUILTIN_TRANSPORTS` replace all this. What killed
processes leave in `/dev/shm` is removed when the next node starts.
'''
_OPTIONAL = '''
## Topics of optional message packages

Where a package is missing the topic is not published, which one line in the log says.

| node | topic | type | |
|---|---|---|---|
'''
_ELSEWHERE = {topic if topic.startswith('/') else f'/{topic}' for _, _, topic, _ in FOREIGN}


def reference() -> str:
    """The text of docs/ros.md."""
    lines = [_HEAD, _GRAPHS]
    lines += [f'- `{graph.name}`: {graph.about}\n' for graph in GRAPHS.values()]
    lines.append(_MEMORY)
    for node in running_nodes():
        lines += _section(node)
    lines.append(_OPTIONAL)
    lines += [f'| {kind.NAME}, {way} | `{topic}` | {message} | {topics.ABOUT[topic]} |\n'
              for kind, way, topic, message in FOREIGN]
    lines.append(ros4hri_section())
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
    if node.SERVICES:
        yield '\n| service | |\n|---|---|\n'
    yield from (f'| `~/{name}` (std_srvs/Trigger) | {about} |\n' for name, about in node.SERVICES.items())
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
