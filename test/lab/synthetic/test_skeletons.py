import numpy as np
import pytest

from hemlets_ros.cli.main import main
from hemlets_ros.lab.training.views import read_skeletons
from hemlets_ros.skeleton import COCO_NAMES, INDEX, JOINT_COUNT

pytest.importorskip('anny', reason="the body model is missing: pip install '.[synth]'")


def test_skeletons_have_bones_of_people_and_do_not_depend_on_the_order(tmp_path):
    assert main(['synth', '--skeletons', '--out', str(tmp_path / 'a'), '--count', '40', '--seed', '2']) == 0
    points = read_skeletons(tmp_path / 'a')
    assert points.shape == (40, 35, 3)
    np.testing.assert_allclose(points[:, INDEX['pelvis']], 0, atol=1e-6)
    thigh = np.linalg.norm(points[:, INDEX['l_knee']] - points[:, INDEX['l_hip']], axis=-1)
    assert ((thigh > 0.2) & (thigh < 0.55)).all()
    # One body for 20 poses: its bones keep their lengths.
    np.testing.assert_allclose(thigh[:20], thigh[0], atol=0.03)
    knee = JOINT_COUNT + COCO_NAMES.index('l_knee')
    np.testing.assert_allclose(points[:, knee], points[:, INDEX['l_knee']], atol=1e-6)
    main(['synth', '--skeletons', '--out', str(tmp_path / 'b'), '--count', '20', '--seed', '2'])
    np.testing.assert_array_equal(read_skeletons(tmp_path / 'b'), points[:20])


def test_skeletons_have_no_preview(tmp_path, capsys):
    assert main(['synth', '--skeletons', '--out', str(tmp_path), '--count', '1', '--preview', 'x.png']) == 1
    assert 'cannot be combined with --skeletons' in capsys.readouterr().err


def test_skeletons_of_avatars_in_given_motions(avatar_folder, motion_folder, tmp_path):
    given = ['--avatars', str(avatar_folder), '--motions', str(motion_folder)]
    command = ['synth', '--skeletons', '--count', '40', '--seed', '2', *given]
    leans = []
    for joints in ('anny', 'anatomical'):
        out = tmp_path / joints
        assert main([*command, '--out', str(out), '--joints', joints]) == 0
        points = read_skeletons(out)
        thigh = np.linalg.norm(points[:, INDEX['l_knee']] - points[:, INDEX['l_hip']], axis=-1)
        assert ((thigh > 0.2) & (thigh < 0.55)).all()
        leans.append(points[:, INDEX['mid_shoulder']] - points[:, INDEX['spine']])
    # Both bodies' shoulders are further back by the second definition, by 3 cm at most.
    moved = np.linalg.norm(leans[1] - leans[0], axis=-1)
    assert (moved < 0.06).all()
    assert (moved > 0.02).all()
