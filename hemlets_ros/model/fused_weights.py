"""Weights of the fused network (fused.py), computed from a weights file without PyTorch."""

from __future__ import annotations

import numpy as np

from hemlets_ros.geometry.crop import STD_RGB
from hemlets_ros.model.model_config import PRIOR_CHANNELS, ModelConfig

State = dict[str, np.ndarray]
_EPSILON = 1e-5  # of all BatchNorms, as PyTorch's default


def fused_weights(state: State, config: ModelConfig) -> State:
    """State dict of HEMlets -> that of FusedHEMlets, float32, but for what does not depend on weights.

    Raises KeyError where `state` is of another network than `config` says.
    """
    whole = _without_batch_norms(state, transposed='.conv_body.' if config.neck != 'pyramid' else None)
    body, last = ('0', '1') if config.neck == 'pyramid' else ('conv_body', 'conv_tail')
    result: State = {}
    for fused, original in (('backbone', 'backbone'), ('neck', 'neck'), ('prior', 'prior'),
                            ('feature.0', f'conv_feature.{body}'), ('maps', 'conv_FBI'),
                            ('encoder', 'FBI_encoder'), ('to_volume', 'conv_tail.3')):
        result |= {fused + name.removeprefix(original): value for name, value in whole.items()
                   if name.startswith(f'{original}.')}
    _take_pixels(result, 'backbone.conv1' if config.backbone == 'resnet50' else 'backbone.0.0')
    widths = [config.feature_channels, config.channels] + [PRIOR_CHANNELS] * config.prior
    shares = np.split(whole['conv_tail.0.weight'], np.cumsum(widths)[:-1], axis=1)
    weight, bias = (_wide(whole[f'conv_feature.{last}.{kind}']) for kind in ('weight', 'bias'))
    result['from_feature.weight'], result['from_feature.bias'] = _composed(
        weight, bias, _wide(shares[0]), whole['conv_tail.0.bias'])
    result |= {f'{name}.weight': share for name, share in zip(('from_maps', 'from_keypoints'), shares[1:],
                                                              strict=False)}
    return {name: np.ascontiguousarray(value, np.float32) for name, value in result.items()}


def _without_batch_norms(state: State, transposed: str | None) -> State:
    """Each BatchNorm folded into the convolution before it.

    transposed: what names of transposed convolutions contain, whose outputs are the weights' second axis.
    """
    result = {name: value for name, value in state.items() if not name.endswith('.num_batches_tracked')}
    for mean_name in [name for name in state if name.endswith('.running_mean')]:
        norm = mean_name.removesuffix('.running_mean')
        conv = _convolution_before(norm)
        weight, bias = _wide(result[f'{conv}.weight']), result.get(f'{conv}.bias', 0.0)
        variance = _wide(result.pop(f'{norm}.running_var'))
        scale = _wide(result.pop(f'{norm}.weight')) / np.sqrt(variance + _EPSILON)
        along = (1, -1, 1, 1) if transposed is not None and transposed in norm else (-1, 1, 1, 1)
        result[f'{conv}.weight'] = weight * scale.reshape(along)
        result[f'{conv}.bias'] = (bias - result.pop(mean_name)) * scale + result.pop(f'{norm}.bias')
    return result


def _wide(value: np.ndarray) -> np.ndarray:
    """In 64 bits, for what is computed with; the rest goes through as it is."""
    return np.asarray(value, np.float64)


def _convolution_before(norm: str) -> str:
    """In a sequence the module before; torchvision's ResNet has names, conv1 and bn1."""
    parent, _, own = norm.rpartition('.')
    before = str(int(own) - 1) if own.isdecimal() else own.replace('bn', 'conv')
    return f'{parent}.{before}'


def _take_pixels(result: State, first: str) -> None:
    """Makes the first convolution read BGR minus its mean, instead of normalised RGB."""
    result[f'{first}.weight'] = (_wide(result[f'{first}.weight']) / STD_RGB.reshape(1, 3, 1, 1))[:, ::-1]


def _composed(inner: np.ndarray, inner_bias: np.ndarray, outer: np.ndarray,
              bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The convolution that equals `inner`, then one of 1 x 1 with weight `outer` (O, C, 1, 1) and `bias`."""
    matrix = outer[:, :, 0, 0]
    return (np.tensordot(matrix, inner, axes=1), matrix @ inner_bias + bias)
