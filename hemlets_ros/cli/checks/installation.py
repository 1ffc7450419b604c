"""Checks this package: version, weights, inference backends and extras."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec

from hemlets_ros.cli.checks.check import FAULT, OK, OPTIONAL, Check
from hemlets_ros.detection.open_detector import MODEL, published_model
from hemlets_ros.detection.yolo_files import SHIPPED_MODEL, bundled_models, find_model
from hemlets_ros.errors import HemletsError
from hemlets_ros.inference.installed import EXPORTED, versions_of
from hemlets_ros.model.weights_files import SHIPPED, SHIPPED_SHA256, sha256
from hemlets_ros.system.extras import EXTRAS, how_to_install
from hemlets_ros.system.versions import version

_AGAIN = how_to_install(options='--force-reinstall --no-deps ')


def checks() -> list[Check]:
    return [Check('hemlets_ros', OK, version()), weights(), *detectors(), backends(), *extras()]


def weights() -> Check:
    try:
        found = sha256(SHIPPED)
    except HemletsError as error:
        return Check('weights', FAULT, str(error), _AGAIN)
    if found != SHIPPED_SHA256:
        return Check('weights', FAULT, f'{SHIPPED} is not the file that this package was published with '
                     f'(sha256 {found[:16]}...)', _AGAIN)
    return Check('weights', OK, f'{SHIPPED.name}, sha256 {found[:16]}... as published')


def detectors() -> list[Check]:
    result = []
    models = {name: partial(find_model, name) for name in bundled_models()} | {MODEL.name: published_model}
    for name, find in models.items():
        try:
            find()
            result.append(Check('detector', OK, f'{name}, as published'))
        except HemletsError as error:
            result.append(Check('detector', FAULT, str(error), _AGAIN))
    if not bundled_models():
        result.append(Check('detector', OK, f'made without {SHIPPED_MODEL} (AGPL-3.0): the default is open'))
    return result


def backends() -> Check:
    found = [f'{name} {versions_of(name)[-1]}' for name in EXPORTED if versions_of(name)]
    if find_spec('torch') is not None:
        found.append('torch')
    if not found:
        return Check('inference', FAULT, 'no backend is installed', how_to_install())
    if found == ['torch']:
        return Check('inference', OPTIONAL, 'only torch; onnxruntime is about twice as fast on CPUs',
                     how_to_install())
    return Check('inference', OK, ', '.join(found))


def extras() -> list[Check]:
    result = []
    for extra in dict.fromkeys(EXTRAS.values()):
        missing = [module for module, of in EXTRAS.items() if of == extra and find_spec(module) is None]
        name = f'extra [{extra}]' if extra else 'packages'
        if not missing:
            result.append(Check(name, OK, 'is complete' if extra else 'all that are always needed'))
        else:
            result.append(Check(name, OPTIONAL if extra else FAULT, f'without {", ".join(missing)}',
                                how_to_install(extra)))
    return result
