import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hemlets_ros.errors import SourceError
from hemlets_ros.lab.synthetic import rotations as rot
from hemlets_ros.lab.synthetic.panoramas import Panoramas, without_black_rims
from hemlets_ros.lab.synthetic.renderer import Camera


def _camera(ahead, focal=300.0):
    rotation = rot.level_camera(np.array(ahead, float))
    intrinsics = np.array([[focal, 0, 79.5], [0, focal, 79.5], [0, 0, 1]])
    return Camera(intrinsics, rotation, -rotation @ [0.3, 0.2, 1.0])


def test_cameras_see_the_lamp_where_light_comes_from(panorama_folder):
    panoramas = Panoramas(panorama_folder)
    for seed in range(6):
        place = panoramas.draw(np.random.default_rng(seed))
        assert place.light.to_sun[2] == pytest.approx(0.5, abs=0.05)
        picture = place.seen(_camera(place.light.to_sun), 160)
        assert picture[76:84, 76:84].mean() > 240
        assert picture[:30, :30].mean() < 110
        away = place.seen(_camera(-place.light.to_sun), 160)
        assert away.mean() < 110


def test_turning_the_place_turns_its_light(panorama_folder):
    panoramas = Panoramas(panorama_folder)
    places = [panoramas.draw(np.random.default_rng(seed)) for seed in range(4)]
    for place in places:
        # The file's lamp is at +x where the place is not turned.
        expected = Rotation.from_euler('z', -place.turn_rad).as_matrix() @ [np.sqrt(0.75), 0, 0.5]
        np.testing.assert_allclose(place.light.to_sun, expected, atol=0.05)
        assert place.light.sun.mean() > 0.1
        # The rest comes from everywhere alike.
        assert abs(place.light.sky[1:]).max() < 0.05 * place.light.sky[0].max()


def test_right_in_the_picture_is_right_in_the_place(panorama_folder):
    place = Panoramas(panorama_folder).draw(np.random.default_rng(1))
    # The lamp is to the right of it.
    beside = Rotation.from_euler('z', np.radians(10)).as_matrix() @ place.light.to_sun
    picture = place.seen(_camera(beside), 160)
    rows, columns = np.nonzero(picture.min(axis=2) > 240)
    assert columns.mean() > 110
    assert abs(rows.mean() - 79.5) < 12


def test_narrow_views_are_widened(panorama_folder):
    place = Panoramas(panorama_folder).draw(np.random.default_rng(1))
    narrow = _camera(place.light.to_sun, focal=3000.0)
    lit = [(place.seen(narrow, 160, least).min(axis=2) > 200).mean() for least in (0.0, 1.0)]
    assert lit[0] > 0.9
    assert lit[1] < 0.2


def test_black_rims_of_lamps_are_mended():
    image = np.full((64, 64, 3), 120, np.uint8)
    image[20:40, 20:40] = 0
    image[23:37, 23:37] = 255
    image[50:60, 50:60] = 5  # a black thing elsewhere
    mended = without_black_rims(image)
    assert mended[15:45, 15:45].min() > 100
    assert mended[53:57, 53:57].max() < 10
    np.testing.assert_array_equal(without_black_rims(image[45:]), image[45:])


def test_held_out_places_are_apart(panorama_folder, tmp_path):
    assert Panoramas(panorama_folder)._names == ['made_up']
    assert Panoramas(panorama_folder, held_out=True)._names == ['vestibule']
    with pytest.raises(SourceError, match=r'environments_64x32\.npz does not exist'):
        Panoramas(tmp_path)
