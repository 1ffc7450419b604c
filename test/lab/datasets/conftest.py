"""Tiny data sets of the real formats: a moving stick figure whose joints are coloured dots."""

import json
from types import SimpleNamespace

import av
import cv2
import numpy as np
import pytest

from hemlets_ros.lab.datasets.sample import sample_3d
from hemlets_ros.skeleton import COCO_NAMES, INDEX, JOINT_NAMES

FRAMES = 12
#: A standing person, metres: x to the person's left, y to the front, z up; arms and legs apart.
POSE_M = {
    'pelvis': (0, 0, .95), 'r_hip': (-.13, 0, .95), 'r_knee': (-.2, .1, .5), 'r_ankle': (-.22, 0, .09),
    'l_hip': (.13, 0, .95), 'l_knee': (.24, .15, .5), 'l_ankle': (.3, 0, .09), 'spine': (0, -.02, 1.2),
    'neck': (0, 0, 1.45), 'nose': (0, .1, 1.57), 'head_top': (0, 0, 1.72), 'l_shoulder': (.16, 0, 1.42),
    'l_elbow': (.42, .05, 1.3), 'l_wrist': (.65, .2, 1.35), 'r_shoulder': (-.16, 0, 1.42),
    'r_elbow': (-.4, .1, 1.2), 'r_wrist': (-.55, .3, 1.05)}
#: Human3.6M's number of each, and nonsense for the joints that we do not use.
NUMBERS_OF_32 = dict(zip(POSE_M, (0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27), strict=True))
NONSENSE_M = 55.0
#: BGR of the dots that are searched for.
COLOURS = {'l_wrist': (255, 0, 0), 'r_ankle': (0, 0, 255), 'head_top': (0, 255, 0), 'r_wrist': (0, 255, 255),
           'l_ankle': (255, 0, 255)}


def world_poses(frames):
    """(frames, 32, 3) metres: the person walks and rotations."""
    poses = np.full((frames, 32, 3), NONSENSE_M)
    for frame in range(frames):
        turn = 0.05 * frame
        rotation = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
        for name, place in POSE_M.items():
            poses[frame, NUMBERS_OF_32[name]] = rotation @ place + [0.03 * frame, -0.02 * frame, 0]
    return poses


def paint(image, points_px, radius=7):
    """Draws a dot for each joint of {name: (x, y)}; the coloured ones last."""
    for name in sorted(points_px, key=lambda name: name in COLOURS):
        x, y = (round(float(value) * 16) for value in points_px[name])
        cv2.circle(image, (x, y), radius * 16, COLOURS.get(name, (250, 250, 250)), -1, cv2.LINE_AA, 4)
    return image


def colour_centre(image, name):
    """(2,) px: the middle of all that has the colour of a joint."""
    near = np.abs(image.astype(int) - COLOURS[name]).max(-1) < 110
    assert near.sum() > 5, f'no dot for {name}'
    rows, columns = np.nonzero(near)
    return np.array([columns.mean(), rows.mean()])


def write_video(path, images):
    """H.264 as cameras and editors write it, with key frames far apart."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('libx264', rate=50, options={'crf': '18', 'preset': 'veryfast'})
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = 'yuv420p'
        stream.thread_count = 1
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format='bgr24')))
        container.mux(stream.encode())


def published_camera(subject, camera):
    """Rotation (3, 3) world -> camera, position in mm, and K, distortion for OpenCV.

    Typed in apart from the code that is tested, for two subjects and cameras.
    """
    quaternion, position_mm = {
        ('S1', '54138969'): ((.1407056450843811, -.1500701755285263, -.755240797996521, .6223280429840088),
                             (1841.1070556640625, 4955.28466796875, 1563.4454345703125)),
        ('S9', '60457274'): ((.5879399180412292, -.7823407053947449, .1427614390850067, -.14794869720935822),
                             (-1696.04345703125, -3827.099853515625, 1591.4127197265625)),
    }[subject, camera]
    fx, fy, cx, cy, k1, k2, p1, p2, k3 = {
        '54138969': (1145.04940458804, 1143.78109572365, 512.541504956548, 515.4514869776, -.207098910824901,
                     .247775183068982, -.00142447157470321, -.000975698859470499, -.00307515035078854),
        '60457274': (1145.5113525390625, 1144.77392578125, 514.9682006835938, 501.88201904296875,
                     -.198384091258049, .21832367777824402, -.0018133620033040643, -.0005872055771760643,
                     -.008947807364165783)}[camera]
    # The quaternion as an axis and an angle, turned the other way: from the world to the camera.
    angle = 2 * np.arccos(quaternion[0])
    axis = np.array(quaternion[1:]) / np.linalg.norm(quaternion[1:])
    rotation = cv2.Rodrigues(-angle * axis)[0]
    return (rotation, np.array(position_mm), np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]]),
            np.array([k1, k2, p1, p2, k3]))


def project(world_m, subject, camera):
    """(n, 3) metres in the world -> camera frame (n, 3) mm, and px (n, 2), all by OpenCV."""
    rotation, position_mm, matrix, distortion = published_camera(subject, camera)
    world_mm = np.asarray(world_m, float) * 1000
    points_px, _ = cv2.projectPoints(world_mm.reshape(-1, 1, 3), cv2.Rodrigues(rotation)[0],
                                     -rotation @ position_mm, matrix, distortion)
    return (rotation @ (world_mm - position_mm).T).T, points_px.reshape(-1, 2)


def write_h36m(folder, takes, frames=FRAMES, video_frames=None, videos=True):
    """The course project's layout for [(subject, action, camera)]."""
    poses = world_poses(frames)
    positions_3d, positions_2d = {}, {}
    for subject, action, camera in takes:
        positions_3d.setdefault(subject, {})[action] = poses.astype(np.float32)
        pixels = np.stack([project(pose, subject, camera)[1] for pose in poses])
        positions_2d.setdefault(subject, {})[f'{action}.{camera}'] = pixels.astype(np.float32)
        if videos:
            images = []
            for frame in range(video_frames or frames):
                points = pixels[min(frame, frames - 1)]
                named = {name: points[number] for name, number in NUMBERS_OF_32.items()}
                images.append(paint(np.full((1002, 1000, 3), 60, np.uint8), named))
            write_video(folder / subject / 'Videos' / f'{action}.{camera}.mp4', images)
    np.savez_compressed(folder / 'data_3d_h36m.npz', positions_3d=positions_3d)
    np.savez_compressed(folder / 'data_2d_h36m.npz', positions_2d=positions_2d)
    return folder


TAKES = [('S1', 'Walking 1', '54138969'), ('S9', 'Directions', '60457274')]


@pytest.fixture(scope='session')
def h36m_folder(tmp_path_factory):
    """Two takes of one camera each, 12 frames."""
    return write_h36m(tmp_path_factory.mktemp('h36m'), TAKES)


def h5_rows(count):
    """Images, joints, joints in mm, placement and camera of `count` rows, whose numbers agree."""
    rows = {name: [] for name in ('images', 'joints', 'joints3d_cam', 'trans', 'camid')}
    for index, pose in enumerate(world_poses(count)):
        joints_mm, points_px = project(pose, 'S9', '60457274')
        scale = 0.4 + 0.01 * index
        shift_px = points_px[0] - 128 / scale
        crop_px = (points_px - shift_px) * scale
        named = {name: crop_px[number] for name, number in NUMBERS_OF_32.items()}
        rows['images'].append(paint(np.full((256, 256, 3), 60, np.uint8), named, radius=4))
        ours = np.array([*named.values(), (named['l_shoulder'] + named['r_shoulder']) / 2])
        rows['joints'].append(np.column_stack([ours, np.full(18, 0.5)]))
        rows['joints3d_cam'].append(joints_mm)
        rows['trans'].append([*shift_px, scale])
        rows['camid'].append([9, 4, 1])
    return {name: np.array(values, np.uint8 if name == 'images' else float) for name, values in rows.items()}


def write_h5(path, rows):
    import h5py

    with h5py.File(path, 'w') as file:
        for name, values in rows.items():
            file[name] = values
    return path


def coco_person(**changes):
    """An annotation with nine labelled keypoints: the nose, the shoulders, the left arm and leg, ..."""
    keypoints = np.zeros((17, 3))
    labelled = {'nose': (300, 100, 2), 'l_shoulder': (330, 150, 2), 'r_shoulder': (270, 154, 2),
                'l_elbow': (350, 200, 1), 'l_wrist': (360, 250, 2), 'l_hip': (320, 260, 2),
                'r_hip': (280, 262, 2), 'l_knee': (322, 330, 2), 'l_ankle': (325, 400, 2)}
    for name, values in labelled.items():
        keypoints[COCO_NAMES.index(name)] = values
    return {'id': 7, 'image_id': 42, 'keypoints': keypoints.ravel().tolist(), 'iscrowd': 0,
            'num_keypoints': 9, 'bbox': [240, 80, 140, 340], 'category_id': 1} | changes


def write_coco(folder, annotations, images=('42.png',)):
    """A keypoint file and its images of 640 x 480, with dots."""
    for name in images:
        image = np.full((480, 640, 3), 60, np.uint8)
        cv2.imwrite(str(folder / name), paint(image, {'l_wrist': (360, 250), 'l_ankle': (325, 400)}))
    path = folder / 'people.json'
    path.write_text(json.dumps({
        'images': [{'id': int(name.partition('.')[0]), 'file_name': name, 'width': 640, 'height': 480}
                   for name in images], 'annotations': annotations}))
    return path


def make_sample(index=0, **more):
    """A sample with all labels; its number decides image and pose."""
    generator = np.random.default_rng(index)
    joints_mm = generator.normal([0, 0, 4000], 300, (18, 3))
    image = np.full((96, 128, 3), (index * 20 % 256, 100, 200), np.uint8)
    intrinsics = np.array([[100, 0, 64], [0, 100, 48], [0, 0, 1]])
    return sample_3d(f'set/S1/Walk 1.{index}/{index:04d}', f'S{index % 2}', image,
                     np.array([10, 5, 100, 90]), joints_mm, intrinsics, **more)


@pytest.fixture
def tools():
    """What test modules use of this file."""
    return SimpleNamespace(**{name: value for name, value in globals().items() if not name.startswith('_')})


assert [*POSE_M, 'mid_shoulder'] == list(JOINT_NAMES) and INDEX['pelvis'] == 0
