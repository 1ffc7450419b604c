import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hemlets_ros.errors import InputError
from hemlets_ros.geometry.crop import apply_affine, crop_person, crop_to_image, invert_affine
from hemlets_ros.people import Box

MEAN_BGR = (104, 116, 124)
repeatable = settings(derandomize=True, deadline=None)


def crop(image, xyxy, margin=0.1):
    return crop_person(image, Box(np.array(xyxy, float), 1.0), 256, margin, whole_body=False)


def boxes(limit_px, smallest_px=1e-2):
    def make(left, top, width, height):
        return np.array([left, top, left + width, top + height])
    place, size = st.floats(-limit_px, limit_px), st.floats(smallest_px, limit_px)
    return st.builds(make, place, place, size, size)


@repeatable
@given(boxes(1e4), st.floats(0, 2), st.integers(0, 2 ** 32 - 1))
def test_points_go_to_the_crop_and_back(xyxy, margin, seed):
    to_image = crop_to_image(xyxy, 256, margin)
    points = np.random.default_rng(seed).uniform(0, 255, (4, 18, 2))
    there = apply_affine(to_image, points)
    assert there.shape == points.shape
    scale_px = max(xyxy[2:] - xyxy[:2]) / 256
    back = apply_affine(invert_affine(to_image), there)
    assert np.abs(back - points).max() < 1e-10 * max(1, 1e4 / scale_px)


@repeatable
@given(boxes(1e4), st.floats(0, 2))
def test_the_box_lies_centred_in_a_square_with_its_margin(xyxy, margin):
    to_crop = invert_affine(crop_to_image(xyxy, 256, margin))
    corners = apply_affine(to_crop, xyxy.reshape(2, 2))
    extent = corners[1] - corners[0]
    assert extent.max() == pytest.approx(256 / (1 + 2 * margin), rel=1e-5)
    assert corners.mean(axis=0) == pytest.approx([127.5, 127.5], abs=1e-3)
    box_px = xyxy[2:] - xyxy[:2]
    assert extent[0] * box_px[1] == pytest.approx(extent[1] * box_px[0], rel=1e-5)  # same aspect


@repeatable
@given(st.floats(30, 3000), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5), st.integers(0, 2 ** 32 - 1))
def test_a_white_dot_lands_where_predicted(size_px, shift_x, shift_y, seed):
    image = np.full((720, 1280, 3), 40, np.uint8)
    centre = np.array([640 + 400 * shift_x, 360 + 300 * shift_y])
    xyxy = np.concatenate([centre - size_px / 2, centre + size_px / 2])
    plain = crop(image, xyxy)
    scale = plain.crop_to_image[0, 0]
    radius = int(np.ceil(4 * scale))
    # Somewhere in both the crop and the image, with room for the dot.
    low = np.maximum(apply_affine(plain.crop_to_image, np.array([8, 8])), 0) + radius
    high = np.minimum(apply_affine(plain.crop_to_image, np.array([247, 247])), [1279, 719]) - radius
    x, y = np.random.default_rng(seed).uniform(low, high).round().astype(int)
    image[y - radius:y + radius + 1, x - radius:x + radius + 1] = 255
    changed = crop(image, xyxy).image.astype(float).sum(axis=2) - plain.image.sum(axis=2)
    rows, columns = np.indices(changed.shape)
    found = np.array([(columns * changed).sum(), (rows * changed).sum()]) / changed.sum()
    expected = apply_affine(invert_affine(plain.crop_to_image), np.array([x, y], float))
    assert np.abs(found - expected).max() < 0.3


def test_an_unscaled_crop_is_the_image_itself():
    image = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    made = crop(image, [39.5, 19.5, 295.5, 275.5], margin=0)
    assert (made.image == image[20:276, 40:296]).all()
    assert made.crop_to_image == pytest.approx(np.array([[1, 0, 40], [0, 1, 20]]))


@pytest.mark.parametrize('xyxy', [
    [700, 100, 900, 300], [-900, 100, -300, 300], [100, 600, 200, 800], [0, -1e6, 10, -1e6 + 20]])
def test_box_outside_the_image_gets_the_mean_colour(xyxy):
    image = np.full((480, 640, 3), 255, np.uint8)
    assert (crop(image, xyxy).image == MEAN_BGR).all()


@pytest.mark.parametrize('size_px', [100, 256, 900, 2000])
def test_box_partly_outside_the_image_is_padded_with_the_mean_colour(size_px):
    image = np.full((2000, 2000, 3), 200, np.uint8)
    half = size_px / 2
    made = crop(image, [-0.5 - half, 1000 - half, -0.5 + half, 1000 + half], margin=0).image
    assert (made[:, :126] == MEAN_BGR).all()  # left of the image's edge, which is at the middle
    assert (made[:, 130:] == 200).all()


@repeatable
@given(st.floats(1, 580), st.floats(0, 1), st.floats(0, 1))
def test_box_well_inside_the_image_is_not_padded(size_px, right, down):
    image = np.full((720, 720, 3), 255, np.uint8)
    room = 720 - 1.2 * size_px - 4  # the margin, and 2 px on each side
    left, top = np.array([right, down]) * room + 0.1 * size_px + 2
    assert (crop(image, [left, top, left + size_px, top + size_px]).image == 255).all()


@repeatable
@given(boxes(1e5))
@example(np.array([-1e9, -1e9, 1e9, 1e9]))
@example(np.array([-1e12, 0, 1e12, 1]))
def test_any_box_gives_a_crop(xyxy):
    image = np.full((48, 64, 3), 255, np.uint8)
    made = crop(image, xyxy)
    assert made.image.shape == (256, 256, 3) and made.image.dtype == np.uint8
    assert (made.image.min(axis=(0, 1)) >= MEAN_BGR).all()  # nothing but mean and white
    assert np.isfinite(made.crop_to_image).all()


@pytest.mark.parametrize('scale', [2.0, 2.5, 3.3, 4.0, 4.9, 7.7])
def test_shrinking_does_not_alias(scale):
    rows, columns = np.indices((2100, 2100))
    image = np.repeat(((rows + columns) % 2 * 255).astype(np.uint8)[..., None], 3, axis=2)
    half = 128 * scale
    made = crop(image, [1050 - half, 1050 - half, 1050 + half, 1050 + half], margin=0).image
    # An odd block holds one pixel more of one colour.
    assert np.abs(made.astype(float) - 127.5).max() <= 127.5 / 9 + 1


@pytest.mark.parametrize('xyxy', [
    [0, 0, 0, 10], [10, 0, 5, 10], [0, 0, np.nan, 10], [0, 0, np.inf, 10], [0, 0, 10]])
def test_bad_boxes_are_refused(xyxy):
    with pytest.raises(InputError, match='box'):
        crop(np.zeros((48, 64, 3), np.uint8), xyxy)


@pytest.mark.parametrize('image', [
    np.zeros((48, 64), np.uint8), np.zeros((48, 64, 4), np.uint8), np.zeros((48, 64, 3)),
    np.zeros((0, 64, 3), np.uint8), None])
def test_bad_images_are_refused(image):
    with pytest.raises(InputError, match='image'):
        crop(image, [0, 0, 10, 10])
