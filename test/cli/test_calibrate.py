"""Boards rendered through cameras that are known: the calibration must find them."""

import signal
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from hemlets_ros.cli.calibrate import find_views
from hemlets_ros.cli.main import main
from hemlets_ros.geometry.calibration import read_calibration
from hemlets_ros.geometry.calibration_board import CHARUCO, Board
from hemlets_ros.geometry.intrinsics import Intrinsics
from hemlets_ros.sources import SourceImage

sys.path.insert(0, str(Path(__file__).parents[1] / 'geometry'))
from rendered_board import POSES, render

SIZE_PX = (640, 480)
CAMERA = Intrinsics(np.array([[612.0, 0, 330.5], [0, 608.0, 228.0], [0, 0, 1]]),
                    np.array([-0.21, 0.06, 0.001, -0.0015, 0.0]))
CHESS = Board(8, 6, 0.03)
MARKERS = Board(9, 7, 0.03, CHARUCO, 0.022)
ARGUMENTS = {'chessboard': ['--size', '8x6', '--square-mm', '30'],
             CHARUCO: ['--pattern', CHARUCO, '--size', '9x7', '--square-mm', '30', '--marker-mm', '22']}


def write(images, folder):
    for number, image in enumerate(images):
        cv2.imwrite(str(folder / f'{number:02}.png'), image)


@pytest.fixture(scope='module')
def boards(tmp_path_factory):
    """Pattern -> a folder with its images."""
    folders = {}
    for board in (CHESS, MARKERS):
        folders[board.pattern] = tmp_path_factory.mktemp(board.pattern)
        write(render(board, CAMERA, SIZE_PX), folders[board.pattern])
    return folders


@pytest.mark.parametrize('pattern', ARGUMENTS)
def test_a_rendered_camera_is_found(pattern, boards, tmp_path, capsys):
    out = tmp_path / 'camera.yaml'
    assert main(['calibrate', str(boards[pattern]), *ARGUMENTS[pattern], '--out', str(out)]) == 0
    assert 'reprojection error 0.' in capsys.readouterr().out
    found, size_px = read_calibration(out)
    assert size_px == SIZE_PX
    np.testing.assert_allclose(np.diag(found.matrix)[:2], np.diag(CAMERA.matrix)[:2], rtol=0.01)
    np.testing.assert_allclose(found.matrix[:2, 2], CAMERA.matrix[:2, 2], atol=4)
    corners = np.array([[40.0, 40], [600, 40], [40, 440], [600, 440]])
    np.testing.assert_allclose(found.rays(corners), CAMERA.rays(corners), atol=0.01)


def test_the_file_is_what_camera_calibration_parsers_reads(boards, tmp_path):
    out = tmp_path / 'camera.yaml'
    main(['calibrate', str(boards['chessboard']), *ARGUMENTS['chessboard'], '--out', str(out),
          '--camera-name', 'front'])
    content = yaml.safe_load(out.read_text())
    assert (content['camera_name'], content['distortion_model']) == ('front', 'plumb_bob')
    assert (content['image_width'], content['image_height']) == SIZE_PX
    for name, shape in (('camera_matrix', (3, 3)), ('distortion_coefficients', (1, 5)),
                        ('rectification_matrix', (3, 3)), ('projection_matrix', (3, 4))):
        assert (content[name]['rows'], content[name]['cols']) == shape
        assert len(content[name]['data']) == shape[0] * shape[1]
    assert out.read_text().startswith('# reprojection error 0.')


def refused(folder, capsys, *more):
    out = folder / 'camera.yaml'
    assert main(['calibrate', str(folder), *ARGUMENTS['chessboard'], '--out', str(out), *more]) == 1
    assert not out.exists()
    return capsys.readouterr().err


def test_too_few_views_are_refused(tmp_path, capsys):
    write(render(CHESS, CAMERA, SIZE_PX, POSES[:3]), tmp_path)
    assert 'the board is seen in 3 images, and 8 are needed' in refused(tmp_path, capsys)


def test_boards_that_are_never_tilted_are_refused(tmp_path, capsys):
    places = [((0, 0, 0), (a, b, .7)) for a in (-.15, 0, .15) for b in (-.1, 0, .1)]
    write(render(CHESS, CAMERA, SIZE_PX, places), tmp_path)
    assert 'tilt the board' in refused(tmp_path, capsys)


def test_boards_in_one_place_are_refused(tmp_path, capsys):
    write(render(CHESS, CAMERA, SIZE_PX, [(angles, (0, 0, 1.6)) for angles, _ in POSES]), tmp_path)
    assert 'show it near all borders' in refused(tmp_path, capsys)


def test_a_large_error_is_refused_with_the_worst_images(boards, tmp_path, capsys):
    write(render(CHESS, CAMERA, SIZE_PX, POSES[:9]), tmp_path)
    bent = render(CHESS, CAMERA, SIZE_PX, POSES[:1])[0]
    bent = cv2.resize(bent, None, fx=1, fy=0.8)  # squares that are none
    cv2.imwrite(str(tmp_path / 'bent.png'), cv2.copyMakeBorder(bent, 0, 96, 0, 0, cv2.BORDER_REPLICATE))
    error = refused(tmp_path, capsys)
    assert 'the reprojection error is' in error and 'Worst: bent.png' in error


def test_images_of_several_sizes_are_refused(tmp_path, capsys):
    write(render(CHESS, CAMERA, SIZE_PX, POSES[:1]), tmp_path)
    cv2.imwrite(str(tmp_path / 'small.png'), np.zeros((240, 320, 3), np.uint8))
    assert 'small.png has 320 x 240 px' in refused(tmp_path, capsys)


def test_of_a_film_only_views_that_differ(tmp_path, capsys):
    video = cv2.VideoWriter(str(tmp_path / 'film.avi'), cv2.VideoWriter_fourcc(*'MJPG'), 5.0, SIZE_PX)
    for image in render(CHESS, CAMERA, SIZE_PX, POSES[:2]):
        for _ in range(3):
            video.write(image)
    video.release()
    assert main(['calibrate', str(tmp_path / 'film.avi'), *ARGUMENTS['chessboard'], '--out',
                 str(tmp_path / 'camera.yaml')]) == 1
    assert 'the board is seen in 2 images' in capsys.readouterr().err


def test_ctrl_c_ends_a_camera_with_the_views_so_far(capfd):
    class Camera:
        live = True

        def __iter__(self):
            for number, image in enumerate(render(CHESS, CAMERA, SIZE_PX, POSES[:4])):
                if number == 2:
                    signal.raise_signal(signal.SIGINT)
                yield SourceImage(image, float(number), str(number))

    views, size_px, seen = find_views(Camera(), CHESS, 40)
    assert [view.name for view in views] == ['0', '1'] and (size_px, seen) == (SIZE_PX, 2)
    assert 'hemlets: calibrating with the views so far' in capfd.readouterr().err
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize(('more', 'said'), [
    (['--size', '8'], 'must be COLUMNSxROWS such as 8x6'), (['--pattern', 'dots'], "invalid choice: 'dots'"),
    (['--square-mm', 'nan'], 'must be a finite number'),
    (['--max-error-px', 'nan'], 'must be a finite number'),
    (['--out', ''], 'is empty: name the file to write')])
def test_wrong_options(more, said, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(['calibrate', str(tmp_path), *ARGUMENTS['chessboard'], *more])
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(('more', 'said'), [
    (['--min-views', '0'], '--min-views and --views must be between 1 and 1000'),
    (['--views', '-1'], '--min-views and --views must be between 1 and 1000'),
    (['--views', '7', '--min-views', '8'], 'the first not above the second: not 8 and 7'),
    (['--size', '99999x99999'], 'a board may have at most 100 x 100 corners, not 99999 x 99999'),
    (['--square-mm', '1e300'], 'squares with a size, in mm'), (['--square-mm', '-1'], 'squares with a size')])
def test_boards_and_views_that_cannot_be(more, said, tmp_path, capsys):
    assert main(['calibrate', str(tmp_path), *ARGUMENTS['chessboard'], *more]) == 1
    assert said in capsys.readouterr().err


def test_markers_larger_than_squares(boards, capsys):
    assert main(['calibrate', str(boards[CHARUCO]), *ARGUMENTS[CHARUCO], '--marker-mm', '40']) == 1
    assert 'markers must be smaller' in capsys.readouterr().err
