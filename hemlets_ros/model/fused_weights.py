"""Weights of the fused network (fused.py), computed from a weights file without PyTorch."""

from __future__ import annotations

import numpy as np

from hemlets_ros.geometry.crop import STD_RGB
from hemlets_ros.model.model_config import PRIOR_CHANNELS, ModelConfig

State = dict[str, np.ndarray]
_EPSILON = 1e-5  # PyTorch's default for BatchNorm


def fused_weights(state: State, config: ModelConfig) -> State:
    """State dict of HEMlets -> parameters of FusedHEMlets in float32, without the constant buffers.

    Raises KeyError where `state` does not belong to a network of this `config`.
    """
    whole = _without_batch_norms(state, transposed='.conv_body.' if config.neck != 'pyramid' else None)
    body, last = ('0', '1') if config.neck == 'pyramid' else ('conv_body', 'conv_tail')
    result: State = {}
    for fused, original in (('backbone', 'backbone'), ('neck', 'neck'), ('prior', 'prior'),
                            ('feature.0', f'conv_feature.{body}'), ('maps', 'conv_FBI'),
                            ('encoder', 'FBI_encoder'), ('to_volume', 'conv_tail.3')):
        result |= {fused + name.removeprefix(original): value for name, value in whole.items()
                   if name.startswith(f'{original}.')}
    _fold_pixel_scale(result, 'backbone.conv1' if config.backbone == 'resnet50' else 'backbone.0.0')
    widths = [config.feature_channels, config.channels] + [PRIOR_CHANNELS] * config.prior
    shares = np.split(whole['conv_tail.0.weight'], np.cumsum(widths)[:-1], axis=1)
    weight, bias = (_float64(whole[f'conv_feature.{last}.{kind}']) for kind in ('weight', 'bias'))
    result['from_feature.weight'], result['from_feature.bias'] = _composed(
        weight, bias, _float64(shares[0]), whole['conv_tail.0.bias'])
    result |= {f'{name}.weight': share for name, share in zip(('from_maps', 'from_keypoints'), shares[1:],
                                                              strict=False)}
    return {name: np.ascontiguousarray(value, np.float32) for name, value in result.items()}


def _without_batch_norms(state: State, transposed: str | None) -> State:
    """Folds each BatchNorm into the convolution before it.

    transposed: substring in the names of transposed convolutions, whose weights have the output channels on
    the second axis; None: there are no transposed convolutions.
    """
    result = {name: value for name, value in state.items() if not name.endswith('.num_batches_tracked')}
    for mean_name in [name for name in state if name.endswith('.running_mean')]:
        norm = mean_name.removesuffix('.running_mean')
        conv = _convolution_before(norm)
        weight, bias = _float64(result[f'{conv}.weight']), result.get(f'{conv}.bias', 0.0)
        variance = _float64(result.pop(f'{norm}.running_var'))
        scale = _float64(result.pop(f'{norm}.weight')) / np.sqrt(variance + _EPSILON)
        along = (1, -1, 1, 1) if transposed is not None and transposed in norm else (-1, 1, 1, 1)
        result[f'{conv}.weight'] = weight * scale.reshape(along)
        result[f'{conv}.bias'] = (bias - result.pop(mean_name)) * scale + result.pop(f'{norm}.bias')
    return result


def _float64(value: np.ndarray) -> np.ndarray:
    """Converts a tensor that enters a computation; tensors that are only copied keep their type."""
    return np.asarray(value, np.float64)


def _convolution_before(norm: str) -> str:
    """Name of the convolution before a BatchNorm: the previous layer of a Sequential; conv1 for bn1."""
    parent, _, own = norm.rpartition('.')
    before = str(int(own) - 1) if own.isdecimal() else own.replace('bn', 'conv')
    return f'{parent}.{before}'


def _fold_pixel_scale(result: State, first: str) -> None:
    """Adapts the first convolution to mean-free BGR input instead of normalised RGB."""
    result[f'{first}.weight'] = (_float64(result[f'{first}.weight']) / STD_RGB.reshape(1, 3, 1, 1))[:, ::-1]


def _composed(inner: np.ndarray, inner_bias: np.ndarray, outer: np.ndarray,
              bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Merges the convolution `inner` and a following 1 x 1 convolution, `outer` (O, C, 1, 1) with `bias`."""
    matrix = outer[:, :, 0, 0]
    return (np.tensordot(matrix, inner, axes=1), matrix @ inner_bias + bias)
