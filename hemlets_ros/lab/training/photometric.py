"""Photometric augmentation of crops: colour, occlusion, blur, noise, JPEG.

`draw` samples the parameters of each crop with the sample's own random generator. `vary` applies them to
whole batches on the device of the batch. A batch therefore does not depend on how samples are distributed
to processes.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from hemlets_ros.geometry.crop import MEAN_BGR
from hemlets_ros.geometry.volume import CROP_SIZE_PX
from hemlets_ros.lab.training.recipe import AugmentationSettings

_BLUR_PX = (0.5, 2.5)  # standard deviations
_NOISE = (2.0, 16.0)  # standard deviations, in grey levels of 255
_JPEG_QUALITY = (20, 80)
#: BGR -> rows of luma, blue difference, red difference (JFIF).
_TO_YCC = torch.tensor([[0.114, 0.587, 0.299], [0.5, -0.331264, -0.168736], [-0.081312, -0.418688, 0.5]])
#: The discrete cosine transform of 8 numbers, and JPEG's quantisation tables at quality 50 (annex K).
_COSINE = torch.tensor([[math.sqrt((1 if u == 0 else 2) / 8) * math.cos((2 * x + 1) * u * math.pi / 16)
                         for x in range(8)] for u in range(8)])
_LUMA_STEPS = torch.tensor([
    [16, 11, 10, 16, 24, 40, 51, 61], [12, 12, 14, 19, 26, 58, 60, 55], [14, 13, 16, 24, 40, 57, 69, 56],
    [14, 17, 22, 29, 51, 87, 80, 62], [18, 22, 37, 56, 68, 109, 103, 77], [24, 35, 55, 64, 81, 104, 113, 92],
    [49, 64, 78, 87, 103, 121, 120, 101], [72, 92, 95, 98, 112, 100, 103, 99]], dtype=torch.float32)
_COLOUR_STEPS = torch.full((8, 8), 99.0)
_COLOUR_STEPS[:4, :4] = torch.tensor([[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]])


def draw(settings: AugmentationSettings, size_px: int, rng: np.random.Generator) -> dict[str, Any]:
    """Samples the augmentation parameters of one crop for `vary`, ready to be batched; 0: not applied."""
    def uniform_or_0(probability: float, low: float, high: float) -> np.float32:
        return np.float32(rng.uniform(low, high) if rng.random() < probability else 0)

    tones = np.ones((2, 3), np.float32)  # gain and gamma of each channel
    if settings.colour:
        tones = np.exp(rng.normal(0, settings.colour / 2, (2, 3)) + rng.normal(
            0, settings.colour, (2, 1))).astype(np.float32)
    cover = np.zeros(6, np.int64)  # width, height, x and y of the target, x and y of the source
    if rng.random() < settings.occlusion:
        cover[:2] = rng.integers(size_px // 10, size_px // 2, 2)
        cover[2:4], cover[4:] = (rng.integers(0, size_px - cover[:2]) for _ in range(2))
    return {'tones': tones, 'cover': cover, 'blur_px': uniform_or_0(settings.blur, *_BLUR_PX),
            'noise': uniform_or_0(settings.noise, *_NOISE), 'noise_seed': rng.integers(2 ** 31),
            'jpeg_quality': uniform_or_0(settings.jpeg, *_JPEG_QUALITY)}


def vary(crops: Tensor, batch: dict[str, Tensor]) -> Tensor:
    """Augments uint8 BGR crops (N, S, S, 3), S a multiple of 16; returns (N, S, S, 3) float32, 0..255.

    batch: the batched results of `draw`; crop_to_image (N, 2, 3) of crops of 256 px; and frame_px (N, 4), the
    image borders, beyond which crops have the mean colour.
    """
    # float32 is enough for pixels at any precision of the run.
    tones, blur_px, jpeg_quality = (batch[name].float() for name in ('tones', 'blur_px', 'jpeg_quality'))
    pixels = _toned(crops, tones).permute(0, 3, 1, 2)
    pixels = _applied_where(batch['cover'][:, 0], _covered, pixels, batch['cover'])
    pixels = _applied_where(blur_px, _blurred, pixels, blur_px)
    for index, (strength, seed) in enumerate(zip(
            batch['noise'].tolist(), batch['noise_seed'].tolist(), strict=True)):
        if strength:
            own = torch.Generator(pixels.device).manual_seed(seed)
            noise = torch.randn(pixels.shape[1:], generator=own, device=pixels.device, dtype=pixels.dtype)
            pixels[index] = (pixels[index] + strength * noise).clamp(0, 255)
    pixels = _applied_where(jpeg_quality, _compressed, pixels, jpeg_quality).permute(0, 2, 3, 1)
    beyond = _outside(batch['crop_to_image'].float(), batch['frame_px'].float(), crops.shape[1])
    return torch.where(beyond[..., None], pixels.new_tensor(MEAN_BGR), pixels)


def _outside(to_image: Tensor, frame_px: Tensor, size_px: int) -> Tensor:
    """Mask (N, S, S) of the crop pixels that lie outside the image."""
    along = (torch.arange(size_px, device=to_image.device) + 0.5) * CROP_SIZE_PX / size_px - 0.5
    result = torch.zeros(len(to_image), size_px, size_px, dtype=torch.bool, device=to_image.device)
    for axis in (0, 1):
        per_x, per_y, start = to_image[:, axis, :, None, None].unbind(1)
        place = per_x * along + per_y * along[:, None] + start
        low, high = frame_px[:, axis, None, None], frame_px[:, axis + 2, None, None]
        result |= (place < low) | (place > high)
    return result


def _applied_where(wanted: Tensor, change: Any, pixels: Tensor, how: Tensor) -> Tensor:
    """Applies `change` to the crops whose `wanted` (N,) is not 0."""
    index = wanted.nonzero()[:, 0]
    return pixels.index_copy(0, index, change(pixels[index], how[index])) if len(index) else pixels


def _toned(crops: Tensor, tones: Tensor) -> Tensor:
    shades = torch.arange(256, dtype=torch.float32, device=crops.device) / 255
    gain, gamma = tones[:, 0, :, None], tones[:, 1, :, None]
    table = 255 * (gain * shades ** gamma).clamp(0, 1)  # (N, 3, 256)
    return table.transpose(1, 2).gather(1, crops.flatten(1, 2).long()).view(crops.shape)


def _covered(pixels: Tensor, cover: Tensor) -> Tensor:
    """Covers a rectangle by another part of the same crop, flipped, which looks like a real occluder."""
    along = torch.arange(pixels.shape[-1], device=pixels.device)
    inside, source = [], []
    for axis in (1, 0):  # rows, columns
        length, start, origin = (cover[:, at + axis, None] for at in (0, 2, 4))
        inside.append((along >= start) & (along < start + length))
        source.append(torch.where(inside[-1], origin + length - 1 - (along - start), along))
    each = torch.arange(len(pixels), device=pixels.device)[:, None, None]
    moved = pixels.permute(0, 2, 3, 1)[each, source[0][:, :, None], source[1][:, None]].permute(0, 3, 1, 2)
    return torch.where((inside[0][:, :, None] & inside[1][:, None])[:, None], moved, pixels)


def _blurred(pixels: Tensor, blur_px: Tensor) -> Tensor:
    """Gaussian blur, as matrix products over rows and columns.

    Convolutions would select an algorithm again for each new number of crops.
    """
    along = torch.arange(pixels.shape[-1], device=pixels.device, dtype=pixels.dtype)
    kernel = torch.exp(-(along - along[:, None]).square() / (2 * blur_px[:, None, None].square()))
    kernel = (kernel / kernel.sum(-1, keepdim=True))[:, None]  # (N, 1, S, S)
    return kernel @ pixels @ kernel.transpose(2, 3)


def _compressed(pixels: Tensor, quality: Tensor) -> Tensor:
    """The crops after JPEG compression, with chroma at half the resolution."""
    to_ycc = _TO_YCC.to(pixels.device)
    scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality) / 100
    planes = torch.einsum('ij,njyx->niyx', to_ycc, pixels)
    luma = _quantised(planes[:, :1] - 128, _LUMA_STEPS, scale) + 128
    colour = _quantised(functional.avg_pool2d(planes[:, 1:], 2), _COLOUR_STEPS, scale)
    colour = functional.interpolate(colour, scale_factor=2, mode='nearest')
    return torch.einsum('ij,njyx->niyx', torch.linalg.inv(to_ycc), torch.cat([luma, colour], 1)).clamp(0, 255)


def _quantised(planes: Tensor, steps: Tensor, scale: Tensor) -> Tensor:
    """Planes (N, C, S, S) after quantising the cosine transform of each 8 x 8 block by `steps`."""
    count, channels, height, width = planes.shape
    cosine = _COSINE.to(planes.device)
    blocks = planes.view(count, channels, height // 8, 8, width // 8, 8).transpose(3, 4)
    rounded = (steps.to(planes.device) * scale[:, None, None]).round().clamp(1, 255)[:, None, None, None]
    blocks = ((cosine @ blocks @ cosine.T) / rounded).round() * rounded
    return (cosine.T @ blocks @ cosine).transpose(3, 4).reshape(planes.shape)
