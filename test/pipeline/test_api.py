"""The package as a Python library: what `import hemlets_ros` offers."""

import inspect
import subprocess
import sys

import cv2
import numpy as np
import pytest
from PIL import Image

import hemlets_ros
from hemlets_ros.errors import SettingsError, SourceError
from hemlets_ros.people import TrackingState
from hemlets_ros.settings import PIPELINE_SETTINGS
from hemlets_ros.system.versions import version


@pytest.fixture(scope='module')
def pipeline():
    return hemlets_ros.load(device='cpu')


@pytest.fixture(scope='module')
def photo(clip_images, tmp_path_factory):
    path = tmp_path_factory.mktemp('photo') / 'photo.png'
    cv2.imwrite(str(path), clip_images[0])
    return path


def test_all_public_names_are_there():
    for name in hemlets_ros.__all__:
        assert getattr(hemlets_ros, name) is not None
    assert set(hemlets_ros.__all__) <= set(dir(hemlets_ros))
    assert hemlets_ros.__version__ == version()
    with pytest.raises(AttributeError, match="module 'hemlets_ros' has no attribute 'laod'"):
        _ = hemlets_ros.laod


def test_importing_is_quick_and_modules_come_when_they_are_named():
    code = ("import sys, hemlets_ros\n"
            "print({'numpy', 'cv2', 'torch'} & sys.modules.keys())\n"
            "print(hemlets_ros.model.load().weights.name, hemlets_ros.evaluation.official_protocol.__name__)")
    ended = subprocess.run([sys.executable, '-P', '-c', code], check=True, capture_output=True, text=True)
    assert ended.stdout.splitlines() == ['set()', 'hemlets_lite.safetensors official_protocol']


def test_a_path_a_pil_image_and_an_array_are_one(pipeline, photo, clip_images):
    pipeline.reset()
    by_array = pipeline(clip_images[0])
    for given in (photo, str(photo), Image.open(photo)):
        same = pipeline(given)
        assert (same.joints_mm == by_array.joints_mm).all() and same.ids.tolist() == [0, 1]
        assert same.frame.image_name == 'photo.png'
        assert {person.tracking for person in same} == {TrackingState.OFF}, 'as hemlets run'
    assert {person.tracking for person in pipeline(clip_images[0])} == {TrackingState.NEW}
    assert {person.tracking for person in pipeline(clip_images[1])} == {TrackingState.OK}


def test_a_video_is_streamed_with_ids(pipeline, clip):
    found = []
    for results in pipeline.stream(clip):
        found.append(results)
        if len(found) == 3:
            break
    assert [each.ids.tolist() for each in found] == [[0, 1]] * 3
    assert [round(each.frame.stamp_s, 3) for each in found] == [0, 0.033, 0.067]
    assert found[0].image.shape == (720, 1280, 3)


def test_photos_of_a_folder_are_streamed_each_for_itself(pipeline, clip_images, tmp_path):
    for number, image in enumerate((clip_images[0], clip_images[0][:, 200:1100], clip_images[0])):
        cv2.imwrite(str(tmp_path / f'{number}.png'), image)
    found = list(pipeline.stream(tmp_path))
    assert [each.frame.image_name for each in found] == ['0.png', '1.png', '2.png']
    assert [each.image.shape[1] for each in found] == [1280, 900, 1280]
    assert (found[0].joints_mm == found[2].joints_mm).all()
    assert {person.tracking for each in found for person in each} == {TrackingState.OFF}
    film = list(pipeline.stream(tmp_path, as_video=5))
    assert TrackingState.OFF not in {person.tracking for each in film for person in each}
    assert [each.frame.stamp_s for each in film] == [0, 0.2, 0.4]


def test_what_cannot_be_streamed_is_refused_at_once(pipeline, tmp_path):
    with pytest.raises(SourceError, match='no such file or folder'):
        pipeline.stream(tmp_path / 'gone.mp4')
    with pytest.raises(SettingsError, match='as_video must be between'):
        pipeline.stream(tmp_path, as_video=-1)
    with pytest.raises(SettingsError, match='as_video is the rate of a folder of images, which 0 is not'):
        pipeline.stream(0, as_video=30)


def test_help_lists_all_settings_with_their_defaults():
    parameters = inspect.signature(hemlets_ros.Pipeline).parameters
    for group in PIPELINE_SETTINGS:
        for field in group.__dataclass_fields__.values():
            assert field.name in inspect.signature(hemlets_ros.load).parameters
            if field.name not in ('weights', 'detector'):
                assert parameters[field.name].default == field.default
            assert f'{field.name} = {field.default!r}: {field.metadata["description"]}' in \
                hemlets_ros.Pipeline.settings_help().splitlines()


def test_results_are_read_again(pipeline, photo, tmp_path):
    results = pipeline(photo)
    results.to_json(tmp_path / 'a.json')
    frame, = hemlets_ros.read_json(tmp_path / 'a.json')
    assert np.abs(frame.people[1].joints_mm - results.joints_mm[1]).max() < 0.001
