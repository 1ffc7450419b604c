"""config/sros2/hemlets.policy.xml, what each node may do in a secured graph, made of what running nodes have:

    python docs/generate/sros2_policy.py [--namespace /robot] [--pose-workers 2] > hemlets.policy.xml
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass, field
from xml.etree import ElementTree

from running_nodes import FOREIGN, OF_BODY, WITH_BODIES, running_nodes

from hemlets_ros.nodes import topics
from hemlets_ros.nodes.managed_node import ManagedNode
from hemlets_ros.nodes.pose_workers import worker_name

_ABOUT = '''
     Made from the code by python docs/generate/sros2_policy.py > config/sros2/hemlets.policy.xml; see
     docs/security.md. A test compares.
'''
#: What nodes have only by some settings: node, way, topic.
_BY_SETTING = (
    ('camera_node', 'in', topics.SKELETONS),  # lossless:=skeletons
    ('detector_node', 'in', f'{topics.IMAGE}/compressed'),  # image_transport:=compressed
    *((node.NAME, way, topic) for node, way, topic, _ in FOREIGN),
    # Ids of bodies are random.
    *((node.NAME, 'out', topics.of_body(topic, '*')) for node in WITH_BODIES for topic in OF_BODY))
#: The same in every namespace.
_EVERYWHERE = {topics.CLOCK, topics.DIAGNOSTICS, topics.TF, topics.TF_STATIC, topics.BODIES, '/rosout',
               '/parameter_events'}
_PATIENCE_S = 20.0
_IN_ONE_PROCESS = ('detector_node', 'pose_node')


@dataclass
class Rights:
    """Whole names of topics and services, in the namespace /."""

    publish: set[str] = field(default_factory=set)
    subscribe: set[str] = field(default_factory=set)
    reply: set[str] = field(default_factory=set)
    request: set[str] = field(default_factory=set)


def all_rights() -> dict[str, Rights]:
    """Node -> what it needs, by what the middleware says that it has."""
    found = {}
    for node in running_nodes():
        found[node.NAME] = _rights(node)
    for name, way, topic in _BY_SETTING:
        (found[name].subscribe if way == 'in' else found[name].publish).add(f'/{topic.lstrip("/")}')
    for rights in found.values():
        rights.subscribe.add(topics.CLOCK)  # use_sim_time
    return found


def _rights(node: ManagedNode) -> Rights:
    own, end_s = (node.get_name(), node.get_namespace()), time.monotonic() + _PATIENCE_S
    made = ({each.topic_name for each in node.publishers}, {each.topic_name for each in node.subscriptions},
            {each.service_name for each in node.services}, {each.service_name for each in node.clients})
    while True:
        found = [{name for name, _ in named(*own)} for named in (
            node.get_publisher_names_and_types_by_node, node.get_subscriber_names_and_types_by_node,
            node.get_service_names_and_types_by_node, node.get_client_names_and_types_by_node)]
        if all(names <= others for names, others in zip(made, found, strict=True)):
            return Rights(*found)
        if time.monotonic() > end_s:
            raise SystemExit(f'the middleware does not tell of all that {own[0]} has made')
        time.sleep(0.02)  # it learns of them in a thread of its own


def policy(rights: dict[str, Rights], namespace: str = '/', pose_workers: int = 0) -> str:
    """The XML: an enclave for each node, one for both that share a process, and one for each pose worker."""
    root = ElementTree.Element('policy', version='0.2.0')
    root.append(ElementTree.Comment(_ABOUT))
    contexts = ElementTree.SubElement(root, 'contexts')
    for name in rights:
        _context(contexts, name, {name: rights[name]}, namespace)
    _context(contexts, 'one_process', {name: rights[name] for name in _IN_ONE_PROCESS}, namespace)
    for worker in range(pose_workers):
        _context(contexts, f'{worker_name(worker)}/pose_node', {'pose_node': rights['pose_node']},
                 f'{namespace.rstrip("/")}/{worker_name(worker)}')
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _context(contexts: ElementTree.Element, enclave: str, nodes: dict[str, Rights], namespace: str) -> None:
    context = ElementTree.SubElement(contexts, 'context', path=f'/hemlets/{enclave}')
    profiles = ElementTree.SubElement(context, 'profiles')
    for node, rights in nodes.items():
        profile = ElementTree.SubElement(profiles, 'profile', ns=namespace, node=node)
        for kind, right, names in (
                ('topic', 'subscribe', rights.subscribe), ('topic', 'publish', rights.publish),
                ('service', 'reply', rights.reply), ('service', 'request', rights.request)):
            if names:
                group = ElementTree.SubElement(profile, f'{kind}s', {right: 'ALLOW'})
                for name in sorted({_placed(name, namespace) for name in names}):
                    ElementTree.SubElement(group, kind).text = name


def _placed(name: str, namespace: str) -> str:
    """A name in a namespace; those of all workers at once; those that are the same everywhere stay."""
    if name in _EVERYWHERE or name.startswith(topics.of_body('', '*')):
        return name
    return namespace.rstrip('/') + name.replace(worker_name(0), 'pose_worker_*')


if __name__ == '__main__':
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--namespace', default='/', help='of all nodes')
    parser.add_argument('--pose-workers', type=int, default=0, help='as the parameter')
    options = parser.parse_args()
    sys.stdout.write(policy(all_rights(), options.namespace, options.pose_workers))
