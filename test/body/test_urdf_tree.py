import numpy as np
import pytest

from hemlets_ros.body.urdf_tree import UrdfTree
from hemlets_ros.errors import InputError

_ARM = '''<robot name="arm"><link name="hand"/><link name="base"/><link name="slide"/><link name="tip"/>
<joint name="grip" type="fixed"><parent link="slide"/><child link="hand"/><origin xyz="0 0 1"/></joint>
<joint name="turn" type="revolute"><parent link="base"/><child link="slide"/>
<origin xyz="1 2 3" rpy="0 0 1.5707963267948966"/><axis xyz="0 2 0"/><limit lower="-1" upper="2"/></joint>
<joint name="out" type="prismatic"><parent link="hand"/><child link="tip"/>
<axis xyz="0 0 1"/></joint></robot>'''


def test_links_are_where_the_text_and_the_positions_say():
    """By hand: the joint's frame is turned by 90 degrees about z, so that its y axis is -x of the base."""
    tree = UrdfTree(_ARM)
    assert [joint.name for joint in tree.joints] == ['turn', 'grip', 'out'], 'parents first'
    assert (tree.root, tree.joints[0].limits) == ('base', (-1, 2))
    links = tree.links({'turn': np.pi / 2, 'out': 0.5})
    np.testing.assert_allclose(links['slide'].xyz_m, [1, 2, 3])
    np.testing.assert_allclose(links['hand'].xyz_m, [1, 3, 3], atol=1e-12)
    np.testing.assert_allclose(links['tip'].xyz_m, [1, 3.5, 3], atol=1e-12)
    np.testing.assert_allclose(tree.links({})['tip'].xyz_m, [1, 2, 4], atol=1e-12)


@pytest.mark.parametrize(('text', 'message'), [
    ('robot', 'not a URDF: syntax error'),
    (_ARM.replace('type="fixed"', 'type="floating"'), "joint grip: type 'floating' is not one of"),
    (_ARM.replace('xyz="1 2 3"', 'xyz="1 2"'), 'not a URDF: not enough values'),
    (_ARM.replace('xyz="0 2 0"', 'xyz="0 0 0"'), 'joint turn: it has no parent, no child or no axis'),
    (_ARM.replace('<link name="tip"/>', '<link name="tip"/><link name="cap"/>'), 'roots: base, cap'),
    (_ARM.replace('parent link="base"', 'parent link="tip"'), 'some links hang from none')])
def test_what_is_no_tree_is_refused(text, message):
    with pytest.raises(InputError, match=message):
        UrdfTree(text)
