import json
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pytest

jsonschema = pytest.importorskip('jsonschema', reason='jsonschema is missing')

from ament_index_python.packages import get_package_prefix

from hemlets_ros.cli.main import main
from hemlets_ros.results.palette import person_rgb
from hemlets_ros.results.skeleton_json import read_skeletons

_SCHEMA = json.loads((Path(__file__).parents[2] / 'docs' / 'schema' / 'skeletons.schema.json').read_text())


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
    printed = capsys.readouterr()
    assert printed.out.startswith('6 frames, 12 skeletons')
    assert 'UNTRAINED NETWORK' in printed.err

    frames = read_skeletons(outputs['a.json'])
    assert [round(frame.stamp_s, 6) for frame in frames] == [round(index / 25, 6) for index in range(6)]
    document = json.loads(Path(outputs['a.json']).read_text())
    assert document['weights']['warning'].startswith('UNTRAINED')
    jsonschema.validate(document, _SCHEMA)
    assert document['source'] == str(short_clip)
    course = json.loads(Path(outputs['course.json']).read_text())
    assert [len(entry['predictions']) for entry in course['output']] == [2] * 6
    capture = cv2.VideoCapture(outputs['overlay.mp4'])
    assert (capture.get(cv2.CAP_PROP_FRAME_COUNT), capture.get(cv2.CAP_PROP_FPS)) == (6, 25)


def test_bodies_as_meshes(short_clip, tmp_path, capsys):
    paths = {name: str(tmp_path / file) for name, file in (
        ('json', 'a.json'), ('mesh', 'people.glb'), ('overlay', 'drawn'))}
    options = [text for name, path in paths.items() for text in (f'--{name}', path)]
    assert main(['run', str(short_clip), '--device', 'cpu', '--overlay-mesh', *options]) == 0
    frames = read_skeletons(paths['json'])
    people = [person for frame in frames for person in frame.people]
    assert people and all(person.body is not None for person in people)
    data = Path(paths['mesh']).read_bytes()
    scene = json.loads(data[20:20 + int.from_bytes(data[12:16], 'little')])
    assert data[:4] == b'glTF'
    assert len(scene['skins']) == len({person.id for person in people if person.id >= 0})
    pictures = sorted(Path(paths['overlay']).iterdir())
    assert len(pictures) == len(frames)
    image, person = cv2.imread(str(pictures[0])), frames[0].people[0]
    column, row = np.round(person.joints_px[[0, 7]].mean(axis=0)).astype(int)  # between pelvis and spine
    colour = 255 * np.array(person_rgb(person.id)[::-1])
    shade = image[row, column] / colour
    assert shade.min() > 0.2 and shade.max() < 1.1 and np.ptp(shade) < 0.35
    capsys.readouterr()
    assert main(['run', str(short_clip), '--mesh', str(tmp_path / 'a.ply')]) == 1
    assert 'it is for one image' in capsys.readouterr().err


def test_json_and_its_lines_follow_the_published_schema(short_clip, tmp_path, capsys):
    out = tmp_path / 'a.json'
    assert main(['run', str(short_clip), '--json-lines', '--json', str(out), '--device', 'cpu']) == 0
    printed = capsys.readouterr()
    lines = [json.loads(line) for line in printed.out.splitlines()]
    document = json.loads(out.read_text())
    jsonschema.validate(document, _SCHEMA)
    frames, described = document['frames'], _SCHEMA['$defs']
    assert _SCHEMA['properties'].keys() >= document.keys()  # what is new must be described
    for kind, found in (('frame', frames[0]), ('person', frames[0]['people'][0]),
                        ('intrinsics', document['intrinsics'])):
        assert described[kind]['properties'].keys() >= found.keys(), kind
    assert [line['frame'] for line in lines] == list(range(6)) and '6 frames, ' in printed.err
    for line, frame in zip(lines, frames, strict=True):
        jsonschema.validate(line, {'$ref': '#/$defs/line', '$defs': described})
        assert line['people'] == frame['people'] and line['source'] == str(short_clip)
    frames[0]['people'][0]['joints_mm'].pop()
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, _SCHEMA)


def test_json_lines_end_quietly_with_who_reads_them(short_clip, tmp_path):
    out = tmp_path / 'a.json'
    running = subprocess.Popen(
        [sys.executable, '-m', 'hemlets_ros', 'run', str(short_clip), '--json-lines', '--json', str(out),
         '--device', 'cpu', '--detector', 'whole-image'], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert json.loads(running.stdout.readline())['frame'] == 0
    running.stdout.close()
    error = running.stderr.read()
    assert running.wait(120) == 141 and b'Traceback' not in error and b'BrokenPipe' not in error
    assert len(read_skeletons(out)) >= 1


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


def test_one_image(clip_images, tmp_path, capsys):
    image = tmp_path / 'image.png'
    cv2.imwrite(str(image), clip_images[0])
    assert main(['run', str(image), '--json', str(tmp_path / 'a.json'), '--json-lines',
                 '--device', 'cpu']) == 0
    line = json.loads(capsys.readouterr().out)
    jsonschema.validate(line, {'$ref': '#/$defs/line', '$defs': _SCHEMA['$defs']})
    assert line['image'] == 'image.png' and _SCHEMA['$defs']['frame']['properties'].keys() >= {'image'}
    frame, = read_skeletons(tmp_path / 'a.json')
    assert [person.id for person in frame.people] == [0, 1]
    assert {person.tracking.name for person in frame.people} == {'OFF'}
    assert frame.image_name == 'image.png'


def test_a_photo_without_a_named_output_becomes_a_picture(clip_images, tmp_path, monkeypatch, capsys):
    cv2.imwrite(str(tmp_path / 'people.jpg'), clip_images[0])
    (tmp_path / 'here').mkdir()
    monkeypatch.chdir(tmp_path / 'here')
    command = ['run', '../people.jpg', '--device', 'cpu']
    assert main(command) == 0
    assert capsys.readouterr().out.splitlines()[1] == 'written: people_skeletons.png'
    picture = cv2.imread('people_skeletons.png')
    assert picture.shape == clip_images[0].shape
    assert 0.002 < (np.abs(picture.astype(int) - clip_images[0]).max(axis=2) > 60).mean() < 0.1
    assert main(command) == 1
    assert 'cannot write people_skeletons.png: it exists; add --overwrite' in capsys.readouterr().err
    assert main([*command, '--overwrite']) == 0


def test_a_folder_is_photos_of_their_own(clip_images, tmp_path, capsys):
    photos = tmp_path / 'photos'
    photos.mkdir()
    cv2.imwrite(str(photos / '1.png'), clip_images[0])
    cv2.imwrite(str(photos / '2.jpg'), clip_images[0][:, 200:1000])
    cv2.imwrite(str(photos / '3.png'), clip_images[0])
    outputs = ['--json', str(tmp_path / 'a.json'), '--device', 'cpu']
    assert main(['run', str(photos), *outputs, '--overlay', str(tmp_path / 'drawn')]) == 0
    first, other, third = read_skeletons(tmp_path / 'a.json')
    assert [frame.image_name for frame in (first, other, third)] == ['1.png', '2.jpg', '3.png']
    assert [frame.image_size_px for frame in (first, other)] == [(1280, 720), (800, 720)]
    for one, same in zip(first.people, third.people, strict=True):  # nothing is carried over
        assert (one.joints_mm == same.joints_mm).all() and one.tracking.name == 'OFF'
    sizes = {path.name: cv2.imread(str(path)).shape[:2] for path in (tmp_path / 'drawn').iterdir()}
    assert sizes == {'1_skeletons.png': (720, 1280), '2_skeletons.png': (720, 800),
                     '3_skeletons.png': (720, 1280)}

    assert main(['run', str(photos), *outputs, '--as-video', '10', '--overwrite']) == 0
    film = read_skeletons(tmp_path / 'a.json')
    assert [frame.stamp_s for frame in film] == [0, 0.1, 0.2]
    assert {person.tracking.name for person in film[2].people} == {'OK'}
    assert film[1].image_name == '2.jpg'

    assert main(['run', str(photos / '1.png'), '--as-video', '10']) == 1
    assert 'as_video is the rate of a folder of images' in capsys.readouterr().err


def test_weights_are_named_in_the_output(authors_file, clip_images, tmp_path):
    image = tmp_path / 'image.png'
    cv2.imwrite(str(image), clip_images[0])
    assert main(['run', str(image), '--json', str(tmp_path / 'a.json'), '--weights', str(authors_file),
                 '--backend', 'torch', '--detector', 'whole-image', '--device', 'cpu']) == 0
    frame, = read_skeletons(tmp_path / 'a.json')
    assert frame.weights.name == authors_file.name
    assert frame.weights.warning == ''


@pytest.mark.parametrize(('arguments', 'message'), [
    (['missing.mp4'], 'hemlets: no such file or folder: missing.mp4'),
    (['{folder}'], 'hemlets: no images in'),
    (['{text}'], 'cannot be opened as a video'),
    (['{image}', '--json', '{folder}/no/such/a.json'], 'cannot write'),
    (['{image}', '--weights', '{text}'], 'hemlets: '),
    (['{image}', '--overlay', '{folder}/a.avi'], 'a.avi: an overlay ends in .mp4, .webm, .gif for a video'),
    (['{clip}', '--overlay', '{folder}/a.png'], 'a.png: it is one picture, and'),
    (['{image}', '--score-threshold', '7'], 'score_threshold must be between 0.0 and 1.0, not 7.0'),
    (['{image}', '--detector-model', '{text}'], 'refused: a file of this kind can run code'),
])
def test_bad_input_is_one_line_and_exit_status_1(arguments, message, clip, clip_images, tmp_path, capsys):
    image, text, folder = tmp_path / 'i.png', tmp_path / 'text.mp4', tmp_path / 'folder'
    cv2.imwrite(str(image), clip_images[0])
    text.write_text('not a video')
    folder.mkdir()
    names = {'image': image, 'text': text, 'folder': folder, 'clip': clip}
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


def test_the_first_skeleton_does_not_wait_for_imports_that_nobody_needs(clip_images, tmp_path):
    cv2.imwrite(str(tmp_path / 'i.png'), clip_images[0])
    code = ("import sys; from hemlets_ros.cli.main import main\n"
            f"assert main(['run', {str(tmp_path / 'i.png')!r}, '--device', 'cpu']) == 0\n"
            "print(*{'torch', 'onnx', 'matplotlib', 'scipy', 'av', 'rosbags', 'rclpy', "
            "'h5py', 'lightning', 'pandas'} & sys.modules.keys())")
    ended = subprocess.run([sys.executable, '-P', '-c', code], check=True, stdout=subprocess.PIPE, text=True,
                           cwd=tmp_path)
    assert ended.stdout.splitlines()[0].startswith('1 photo, 2 skeletons')
    assert ended.stdout.splitlines()[1:] == ['written: i_skeletons.png', '']


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
    assert error.splitlines()[-1] == 'hemlets: interrupted; the results so far are saved'
    frames = read_skeletons(out)
    assert 3 <= len(frames) < 75
    assert [round(frame.stamp_s * 30) for frame in frames] == list(range(len(frames)))
    assert all(len(frame.people) == 2 for frame in frames)


def test_installed_command_runs():
    command = Path(get_package_prefix('hemlets_ros'), 'lib', 'hemlets_ros', 'hemlets')
    printed = subprocess.run([command, '--version'], check=True, capture_output=True, text=True).stdout
    assert printed.strip().count('.') == 2


def test_frames_are_the_videos(short_clip, tmp_path):
    # Every frame once, in order: the overlay of nobody is the video itself.
    overlay = tmp_path / 'overlay.mp4'
    main(['run', str(short_clip), '--overlay', str(overlay), '--score-threshold', '1.0', '--no-tracking',
          '--device', 'cpu'])
    videos = [cv2.VideoCapture(str(path)) for path in (short_clip, overlay)]
    for _ in range(6):
        original, drawn = (video.read()[1][:600].astype(int) for video in videos)
        assert np.abs(original - drawn).mean() < 6
