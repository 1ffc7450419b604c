"""A robot of others, JVRC-1, imitates captured people, by a mapping file of a user."""

import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

pytest.importorskip('scipy')
jvrc_description = pytest.importorskip('jvrc_description', reason='extra test')
mujoco = pytest.importorskip('mujoco', reason='extra retarget')
pytest.importorskip('mink', reason='extra retarget')
sys.path.insert(0, str(Path(__file__).parents[1] / 'body'))

from captured_motion import captured

from hemlets_ros.retarget.imitator import Imitator
from hemlets_ros.retarget.robot_mapping import read_mapping
from hemlets_ros.retarget.robot_model import load_robot
from hemlets_ros.settings import RetargetSettings

_MAPPING = Path(__file__).parents[1] / 'data' / 'robot' / 'jvrc1.yaml'
#: Estimated: a box for each sole, since its meshes are not read.
_SOLE = {'size': [0.11, 0.05, 0.01], 'pos': [0.03, 0.0, -0.08]}


@pytest.fixture(scope='module')
def robot(tmp_path_factory):
    """Its URDF as MuJoCo needs it: a free base, and boxes for feet instead of meshes."""
    folder = tmp_path_factory.mktemp('jvrc1')
    urdf = ElementTree.parse(Path(jvrc_description.__file__).parent / 'urdf' / 'jvrc1.urdf').getroot()
    for link in urdf.findall('link'):
        for part in (*link.findall('visual'), *link.findall('collision')):
            link.remove(part)
    ElementTree.SubElement(ElementTree.SubElement(urdf, 'mujoco'), 'compiler', {
        'fusestatic': 'false', 'balanceinertia': 'true', 'boundmass': '0.001', 'boundinertia': '1e-6'})
    spec = mujoco.MjSpec.from_string(ElementTree.tostring(urdf, encoding='unicode'))
    spec.body('base_link').add_freejoint(name='base')
    for side in 'LR':
        spec.body(f'{side}_ANKLE_P_S').add_geom(type=mujoco.mjtGeom.mjGEOM_BOX, **_SOLE)
    spec.compile()
    (folder / 'jvrc1.xml').write_text(spec.to_xml())
    return load_robot(read_mapping(str(shutil.copy(_MAPPING, folder))))


def test_it_walks_as_the_person_within_its_ranges_and_speeds(robot):
    joints_m = captured('pybullet_walk')[1][..., [2, 0, 1]] / 1000  # z up, x forward
    imitate = Imitator(robot, RetargetSettings(robot_smoothing=False, robot_speed_share=0.5))
    poses = [imitate(frame, number / 30) for number, frame in enumerate(joints_m)]
    assert len(robot.joint_names) == 44
    residuals = np.array([list(pose.residuals_mm.values()) for pose in poses[5:]])
    assert residuals.mean() < 3 and np.quantile(residuals, 0.95) < 10
    turned = np.array([pose.joints_rad for pose in poses])
    assert (turned >= robot.ranges_rad[:, 0] - 1e-9).all() and (turned <= robot.ranges_rad[:, 1] + 1e-9).all()
    assert (abs(np.diff(turned, axis=0)) * 30 <= 0.5 * robot.speed_limits_rad_s + 1e-9).all()
    knees = turned[:, [robot.joint_names.index(f'{side}_KNEE') for side in 'LR']]
    assert (np.ptp(knees, axis=0) > 0.4).all(), 'both knees bend'
    assert poses[-1].base_m[0] - poses[0].base_m[0] > 0.3, 'it goes forward'
