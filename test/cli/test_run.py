import json
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pytest
from ament_index_python.packages import get_package_prefix

from hemlets_ros.cli.main import main
from hemlets_ros.results.skeleton_json import read_skeletons


@pytest.fixture(scope='module')
def short_clip(clip_images, tmp_path_factory):
    path = tmp_path_factory.mktemp('clip') / 'short.avi'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 25, (1280, 720))
    for image in clip_images[:6]:
        writer.write(image)
    writer.release()
    return path


def test_video_to_all_outputs(short_clip, tmp_path, capsys):
    outputs = {name: str(tmp_path / name) for name in ('a.json', 'course.json', 'overlay.mp4')}
    assert main(['run', str(short_clip), '--json', outputs['a.json'], '--course-json', outputs['course.json'],
                 '--overlay', outputs['overlay.mp4'], '--device', 'cpu',
                 '--weights', 'random']) == 0
    said = capsys.readouterr()
    assert said.out.startswith('6 frames, 12 skeletons')
    assert 'UNTRAINED NETWORK' in said.err

    frames = read_skeletons(outputs['a.json'])
    assert [round(frame.stamp_s, 6) for frame in frames] == [round(index / 25, 6) for index in range(6)]
    document = json.loads(Path(outputs['a.json']).read_text())
    assert document['weights']['warning'].startswith('UNTRAINED')
    assert document['source'] == str(short_clip)
    course = json.loads(Path(outputs['course.json']).read_text())
    assert [len(entry['predictions']) for entry in course['output']] == [2] * 6
    capture = cv2.VideoCapture(outputs['overlay.mp4'])
    assert (capture.get(cv2.CAP_PROP_FRAME_COUNT), capture.get(cv2.CAP_PROP_FPS)) == (6, 25)


def test_intrinsics_from_a_calibration(short_clip, tmp_path):
    calibration = tmp_path / 'camera.yaml'
    calibration.write_text('''image_width: 1280
image_height: 720
camera_matrix: {rows: 3, cols: 3, data: [1111, 0, 640, 0, 1111, 360, 0, 0, 1]}
distortion_coefficients: {rows: 1, cols: 5, data: [0, 0, 0, 0, 0]}
''')
    assert main(['run', str(short_clip), '--json', str(tmp_path / 'a.json'), '--detector', 'whole-image',
                 '--calibration', str(calibration), '--device', 'cpu']) == 0
    intrinsics = read_skeletons(tmp_path / 'a.json')[0].intrinsics
    assert not intrinsics.assumed
    assert intrinsics.matrix[0, 0] == 1111


def test_one_image(clip_images, tmp_path):
    image = tmp_path / 'image.png'
    cv2.imwrite(str(image), clip_images[0])
    assert main(['run', str(image), '--json', str(tmp_path / 'a.json'), '--device', 'cpu']) == 0
    frame, = read_skeletons(tmp_path / 'a.json')
    assert [person.id for person in frame.people] == [0, 1]


def test_weights_are_named_in_the_output(authors_file, clip_images, tmp_path):
    image = tmp_path / 'image.png'
    cv2.imwrite(str(image), clip_images[0])
    assert main(['run', str(image), '--json', str(tmp_path / 'a.json'), '--weights', str(authors_file),
                 '--runtime', 'torch', '--detector', 'whole-image', '--device', 'cpu']) == 0
    frame, = read_skeletons(tmp_path / 'a.json')
    assert frame.weights.name == authors_file.name
    assert frame.weights.warning == ''


@pytest.mark.parametrize(('arguments', 'message'), [
    (['missing.mp4'], 'hemlets: no such file or folder: missing.mp4'),
    (['{folder}'], 'hemlets: no images in'),
    (['{text}'], 'cannot be opened as a video'),
    (['{image}', '--json', '{folder}/no/such/a.json'], 'cannot write'),
    (['{image}', '--weights', '{text}'], 'hemlets: '),
    (['{image}', '--score-threshold', '7'], 'score_threshold must be between 0.0 and 1.0, not 7.0'),
    (['{image}', '--detector-model', '{text}'], 'cannot load the ultralytics model'),
])
def test_bad_input_is_one_line_and_exit_status_1(arguments, message, clip_images, tmp_path, capsys):
    image, text, folder = tmp_path / 'i.png', tmp_path / 'text.mp4', tmp_path / 'folder'
    cv2.imwrite(str(image), clip_images[0])
    text.write_text('not a video')
    folder.mkdir()
    names = {'image': image, 'text': text, 'folder': folder}
    assert main(['run', *(word.format(**names) for word in arguments)]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert error.strip().splitlines()[-1].startswith('hemlets: ')


def test_existing_results_survive_a_run_that_cannot_start(clip_images, tmp_path):
    image, output = tmp_path / 'i.png', tmp_path / 'a.json'
    cv2.imwrite(str(image), clip_images[0])
    assert main(['run', str(image), '--json', str(output), '--detector', 'whole-image']) == 0
    before = output.read_text()
    assert main(['run', str(tmp_path / 'gone.mp4'), '--json', str(output)]) == 1
    assert output.read_text() == before


def test_help_is_quick_because_nothing_heavy_is_imported():
    code = ("import sys; from hemlets_ros.cli.main import main\n"
            "try: main(['run', '--help'])\n"
            "except SystemExit: pass\n"
            "assert not {'torch', 'cv2', 'numpy', 'rclpy'} & sys.modules.keys(), sys.modules.keys()")
    subprocess.run([sys.executable, '-P', '-c', code], check=True, stdout=subprocess.DEVNULL)


def test_the_first_skeleton_does_not_wait_for_imports_that_nobody_needs(clip_images, tmp_path):
    cv2.imwrite(str(tmp_path / 'i.png'), clip_images[0])
    code = ("import sys; from hemlets_ros.cli.main import main\n"
            f"assert main(['run', {str(tmp_path / 'i.png')!r}, '--device', 'cpu']) == 0\n"
            "print(*{'torch._dynamo', 'sympy', 'scipy.interpolate', 'matplotlib', 'av', 'rosbags', 'rclpy', "
            "'h5py', 'lightning', 'pandas'} & sys.modules.keys())")
    said = subprocess.run([sys.executable, '-P', '-c', code], check=True, stdout=subprocess.PIPE, text=True)
    assert said.stdout.splitlines()[0].startswith('1 frames, 2 skeletons')
    assert said.stdout.splitlines()[1] == ''


def test_ctrl_c_leaves_valid_json_of_what_was_done(clip, tmp_path):
    out = tmp_path / 'a.json'
    command = [sys.executable, '-P', '-m', 'hemlets_ros.cli.main', 'run', str(clip), '--json', str(out)]
    process = subprocess.Popen([*command, '--device', 'cpu'], stderr=subprocess.PIPE, text=True)
    while not out.exists() or '"frame": 2' not in out.read_text():
        with suppress(subprocess.TimeoutExpired):
            assert process.wait(0.1) is None, 'it must not end by itself'
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert error.splitlines()[-1] == 'hemlets: stopped; what was done so far is saved'
    frames = read_skeletons(out)
    assert 3 <= len(frames) < 75
    assert [round(frame.stamp_s * 30) for frame in frames] == list(range(len(frames)))
    assert all(len(frame.people) == 2 for frame in frames)


def test_installed_command_runs():
    command = Path(get_package_prefix('hemlets_ros'), 'lib', 'hemlets_ros', 'hemlets')
    said = subprocess.run([command, '--version'], check=True, capture_output=True, text=True).stdout
    assert said.strip().count('.') == 2


def test_frames_are_the_videos(short_clip, tmp_path):
    # Every frame once, in order: the overlay of nobody is the video itself.
    overlay = tmp_path / 'overlay.mp4'
    main(['run', str(short_clip), '--overlay', str(overlay), '--score-threshold', '1.0', '--no-tracking',
          '--device', 'cpu'])
    videos = [cv2.VideoCapture(str(path)) for path in (short_clip, overlay)]
    for _ in range(6):
        original, drawn = (video.read()[1][:600].astype(int) for video in videos)
        assert np.abs(original - drawn).mean() < 6
