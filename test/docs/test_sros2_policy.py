"""config/sros2: least privilege, and nothing that a node lacks."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from hemlets_ros.nodes import topics
from hemlets_ros.settings import NODE_SETTINGS

_ROOT = Path(__file__).parents[2]
_POLICY = _ROOT / 'config' / 'sros2' / 'hemlets.policy.xml'
_OF_EVERY_NODE = {'/diagnostics', '/parameter_events', '/rosout'}


@pytest.fixture(scope='module')
def contexts():
    """Enclave -> its context."""
    return {each.get('path'): each for each in ElementTree.parse(_POLICY).findall('contexts/context')}


def rights(context, right):
    """What a context may do, but for what all nodes may."""
    return {each.text for group in context.iter() if group.get(right) for each in group} - _OF_EVERY_NODE


def test_the_policy_is_what_nodes_have():
    made = subprocess.run([sys.executable, str(_ROOT / 'docs' / 'generate' / 'sros2_policy.py')], check=True,
                          capture_output=True, text=True).stdout
    assert _POLICY.read_text() == made, 'run: python docs/generate/sros2_policy.py > config/sros2/...'


def test_every_node_has_an_enclave_of_its_own(contexts):
    assert contexts.keys() == {f'/hemlets/{name}' for name in (*NODE_SETTINGS, 'one_process')}


def test_least_privilege(contexts):
    recorder, camera = contexts['/hemlets/recorder_node'], contexts['/hemlets/camera_node']
    assert rights(recorder, 'subscribe') == {'/clock', '/skeletons'}
    assert rights(recorder, 'publish') == {'/recorded', '/refused', '/recorder_node/transition_event'}
    assert rights(camera, 'publish') == {'/camera_info', '/clock', '/image_raw',
                                         '/camera_node/transition_event'}
    for name, context in contexts.items():
        assert not rights(context, 'request')  # no node calls a service
        if name != '/hemlets/one_process':
            node = name.rpartition('/')[2]
            assert all(each.startswith(f'/{node}/') for each in rights(context, 'reply'))


def test_every_topic_is_published_or_heard_by_somebody(contexts):
    known = {each.lstrip('/') for context in contexts.values()
             for right in ('publish', 'subscribe') for each in rights(context, right)} | {'diagnostics'}
    wanted = {each.lstrip('/').replace('pose_worker_0', 'pose_worker_*').replace('<id>', '*')
              for each in topics.ABOUT}
    assert wanted <= known


def test_no_rule_allows_whatever_comes(contexts):
    names = {each.text for context in contexts.values() for each in context.iter() if each.text}
    assert {each for each in names if '*' in each} == {'/pose_worker_*/person_crops',
                                                       '/pose_worker_*/skeletons',
                                                       '/pose_worker_*/refused', *(
        f'/humans/bodies/*/{topic}' for topic in ('roi', 'cropped', 'skeleton2d', 'joint_states', 'position',
                                                  'velocity', 'urdf'))}


def test_another_namespace_and_pose_workers(monkeypatch):
    monkeypatch.syspath_prepend(str(_ROOT / 'docs' / 'generate'))
    from sros2_policy import Rights, policy

    of_body = '/humans/bodies/*/roi'
    rights_of_nodes = {'pose_node': Rights({'/skeletons', '/tf', of_body}), 'detector_node': Rights()}
    made = policy(rights_of_nodes, '/robot', 2)
    contexts = ElementTree.fromstring(made).findall('contexts/context')
    assert [each.get('path').removeprefix('/hemlets/') for each in contexts] == [
        'pose_node', 'detector_node', 'one_process', 'pose_worker_0/pose_node', 'pose_worker_1/pose_node']
    assert rights(contexts[0], 'publish') == {'/robot/skeletons', '/tf', of_body}
    assert rights(contexts[4], 'publish') == {'/robot/pose_worker_1/skeletons', '/tf', of_body}
