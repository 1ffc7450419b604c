"""Images of a flat board, rendered through a camera with known intrinsics."""

import cv2
import numpy as np

from hemlets_ros.geometry.calibration_board import CHARUCO

_PX_PER_SQUARE = 60
#: Rotation of the board (degrees about x, y, z) and place of its centre (m): all over the image, and tilted.
POSES = [((x, y, z), (a, b, c)) for x, y, z, a, b, c in (
    (0, 0, 0, 0, 0, .55), (30, 0, 5, -.12, -.08, .6), (-30, 5, 0, .12, -.08, .6), (5, 35, 0, -.12, .08, .65),
    (0, -35, 10, .12, .08, .65), (25, 25, 0, 0, .05, .6), (-25, 25, -10, -.1, 0, .5),
    (25, -25, 15, .1, 0, .5),
    (-20, -30, 0, .15, -.12, .75), (35, 10, -5, -.15, .12, .75), (-35, -10, 5, .15, .12, .75),
    (10, 40, 20, -.15, -.12, .75))]


def texture(board):
    """The printed sheet, uint8 grey, with a white margin of a square; its scale in px per square."""
    if board.pattern == CHARUCO:
        sheet = board.charuco.generateImage((board.columns * _PX_PER_SQUARE, board.rows * _PX_PER_SQUARE))
    else:
        cells = np.indices((board.rows + 1, board.columns + 1)).sum(0) % 2 * 255
        sheet = cells.astype(np.uint8).repeat(_PX_PER_SQUARE, 0).repeat(_PX_PER_SQUARE, 1)
    return cv2.copyMakeBorder(sheet, *(_PX_PER_SQUARE,) * 4, cv2.BORDER_CONSTANT, value=255)


def render(board, intrinsics, size_px, poses=POSES):
    """Images (H, W, 3) uint8 BGR, one a pose: a ray through each pixel meets the board's plane."""
    sheet = cv2.GaussianBlur(texture(board), (0, 0), 1.5)
    width, height = size_px
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    rays = intrinsics.rays(np.stack([x, y], -1).reshape(-1, 2).astype(float))
    rays = np.column_stack([rays, np.ones(len(rays))])
    px_per_m = _PX_PER_SQUARE / board.square_m
    images = []
    for angles_deg, centre in poses:
        rotation, _ = cv2.Rodrigues(np.radians(np.array(angles_deg, float)))
        normal = rotation[:, 2]
        points = rays * (normal @ np.array(centre) / (rays @ normal))[:, None] - centre
        on_board = points @ rotation[:, :2] * px_per_m + np.array(sheet.shape[::-1]) / 2 - 0.5
        grey = cv2.remap(sheet, *on_board.reshape(height, width, 2).astype(np.float32).transpose(2, 0, 1),
                         cv2.INTER_LINEAR, borderValue=110)
        images.append(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))
    return images
