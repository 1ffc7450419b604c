"""Cuts square crops of people out of images, with the affine transform from crop to image."""

from __future__ import annotations

import cv2
import numpy as np

from hemlets_ros.errors import InputError
from hemlets_ros.geometry.crop_region import region_px
from hemlets_ros.people import Box, Crop

#: ImageNet's mean and standard deviation, RGB, 0..255, with which the networks are trained.
MEAN_RGB = np.array([123.675, 116.280, 103.530])
STD_RGB = np.array([58.395, 57.120, 57.375])
#: The rounded mean, BGR: the colour of padding.
MEAN_BGR = tuple(float(value) for value in np.round(MEAN_RGB[::-1]))


def crop_person(image: np.ndarray, box: Box, size_px: int = 256, margin: float = 0.1,
                whole_body: bool = True, frame_px: np.ndarray | None = None) -> Crop:
    """Cuts a square around a person out of an image.

    The aspect ratio is kept; parts outside the image are padded with the mean colour. To avoid aliasing,
    images that are scaled down by 2 or more are area-averaged first.

    Args:
        image: (H, W, 3) uint8 BGR.
        box: px of the image; may reach outside it.
        size_px: side of the crop.
        margin: space on each side of the region, as a share of its longer side.
        whole_body: the region includes parts of the body that are not visible (`crop_region`); False: the
            region is the box.
        frame_px: (4,) borders of the camera's whole image: left, top, right, bottom, px of `image`; None: the
            borders of `image`.

    Raises InputError for an image or box that cannot be cropped.
    """
    check_image(image)
    region = box.xyxy_px
    if whole_body:
        checked_box(region)
        region = region_px(box, borders_px(image) if frame_px is None else frame_px)
    to_image = crop_to_image(region, size_px, margin)
    height, width = image.shape[:2]
    shrink = max(1, min(int(to_image[0, 0]), max(image.shape)))  # at least one pixel must remain
    reach = shrink  # one additional pixel of the scaled image on each side, for the interpolation
    corners = to_image @ np.array([[-1, size_px], [-1, size_px], [1, 1]])
    x0, y0 = (int(np.clip(np.floor(corners[i, 0]) - reach, 0, (width, height)[i])) for i in (0, 1))
    x1, y1 = (int(np.clip(np.ceil(corners[i, 1]) + reach + 1, 0, (width, height)[i])) for i in (0, 1))
    if x1 <= x0 or y1 <= y0:  # the box lies outside the image
        return Crop(box, np.full((size_px, size_px, 3), MEAN_BGR, np.uint8), to_image)
    part = image[y0:y1, x0:x1]
    if shrink > 1:
        part = cv2.copyMakeBorder(part, 0, -(y1 - y0) % shrink, 0, -(x1 - x0) % shrink,
                                  cv2.BORDER_REPLICATE)
        part = cv2.resize(part, (part.shape[1] // shrink, part.shape[0] // shrink),
                          interpolation=cv2.INTER_AREA)
    # image px of a pixel of `part`: shrink * p + offset
    offset = np.array([x0, y0]) + (shrink - 1) / 2
    to_part = np.column_stack([to_image[:, :2] / shrink, (to_image[:, 2] - offset) / shrink])
    pixels = cv2.warpAffine(part, to_part, (size_px, size_px),
                            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                            borderMode=cv2.BORDER_CONSTANT, borderValue=MEAN_BGR)
    return Crop(box, pixels, to_image)


def borders_px(image: np.ndarray) -> np.ndarray:
    """Borders (4,) of an image: left, top, right, bottom; (0, 0) is the centre of its first pixel."""
    height, width = image.shape[:2]
    return np.array([-0.5, -0.5, width - 0.5, height - 0.5])


def crop_to_image(xyxy_px: np.ndarray, size_px: int, margin: float) -> np.ndarray:
    """Affine transform (2, 3) from px of the square crop around a box (4,) to px of the image."""
    xyxy = checked_box(xyxy_px)
    extent = xyxy[2:] - xyxy[:2]
    scale = extent.max() * (1 + 2 * margin) / size_px
    centre = (xyxy[:2] + xyxy[2:]) / 2
    shift = centre - scale * (size_px - 1) / 2
    return np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])


def apply_affine(affine: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Applies an affine transform (2, 3) to points (..., 2)."""
    result: np.ndarray = points @ affine[:, :2].T + affine[:, 2]
    return result


def invert_affine(affine: np.ndarray) -> np.ndarray:
    """The inverse (2, 3) of an affine transform (2, 3)."""
    inverse = np.linalg.inv(affine[:, :2])
    return np.column_stack([inverse, -inverse @ affine[:, 2]])


def checked_box(xyxy_px: np.ndarray) -> np.ndarray:
    """Returns the box as float64 (4,). Raises InputError unless it is finite, left < right, top < bottom."""
    xyxy = np.asarray(xyxy_px, float)
    if xyxy.shape != (4,) or not np.isfinite(xyxy).all():
        raise InputError(f'a box must be 4 finite numbers (left, top, right, bottom), not {xyxy_px}')
    if not (xyxy[2:] > xyxy[:2]).all():
        raise InputError(f'a box needs left < right and top < bottom, not {xyxy.tolist()}')
    return xyxy


def check_image(image: np.ndarray) -> None:
    """Raises InputError unless `image` is a non-empty (H, W, 3) uint8 array."""
    if not isinstance(image, np.ndarray) or image.ndim != 3 or image.shape[2] != 3 \
            or image.dtype != np.uint8 or image.size == 0:
        what = f'{getattr(image, "dtype", type(image).__name__)} {getattr(image, "shape", "")}'
        raise InputError(f'an image must be a (height, width, 3) uint8 BGR array, not {what}')
