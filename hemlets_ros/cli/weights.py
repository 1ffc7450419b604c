"""Lists, describes, verifies and converts weights files.

list: bundled files, and those in the current folder or ckpt/ (the course project's folder). info FILE:
configuration, training, figures. verify FILE ...: checks that files are complete, and the bundled one as
published. convert FILE OUT.safetensors: e.g. from the authors' .pth. Without a file: the bundled one. As in
version 0.1, FILE alone is info FILE.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hemlets_ros.cli.arguments import add_settings
from hemlets_ros.errors import HemletsError, SettingsError
from hemlets_ros.settings import OutputSettings
from hemlets_ros.system.output_path import check_outputs

if TYPE_CHECKING:
    from hemlets_ros.model import HEMlets, ModelConfig

_ACTIONS = ('list', 'info', 'verify', 'convert')
#: Entries of a training recipe with paths.
_PATHS = ('dataset_path', 'init', 'lifter', 'checkpoint_dir')
#: Tensors of BatchNorm that are not parameters.
_STATISTICS = ('.running_mean', '.running_var', '.num_batches_tracked')
_SUFFIXES = ('.safetensors', '.pth')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('action', nargs='?', default='info', metavar='ACTION', help=', '.join(_ACTIONS))
    parser.add_argument('files', nargs='*', default=[], metavar='FILE',
                        help='weights: .safetensors or .pth (default: the bundled file)')
    parser.add_argument('--half', action='store_true',
                        help='convert: to 16 bits per number')
    parser.add_argument('--pack', default='', metavar='OUT.safetensors',
                        help='info: also convert the file to 16 bits')
    add_settings(parser, OutputSettings)


def main(options: argparse.Namespace) -> int:
    action, files = options.action, list(options.files)
    if action not in _ACTIONS:
        action, files = 'info', [action, *files]
    if action == 'list':
        return _list()
    if action == 'verify':
        return _verify(files or [''])
    if action == 'convert':
        if len(files) != 2:
            raise SettingsError('convert needs two files: hemlets weights convert FILE OUT.safetensors')
        return _convert(files[0], files[1], options.half, options.overwrite)
    if len(files) > 1:
        raise SettingsError(f'info takes one file, not {len(files)}')
    return _info(files[0] if files else '', options.pack, options.overwrite)


def _list() -> int:
    from hemlets_ros.detection.open_detector import MODEL
    from hemlets_ros.detection.yolo_files import bundled_models, find_model
    from hemlets_ros.model.weights_files import COURSE_FOLDER, SHIPPED

    print(f'{SHIPPED}  the default network (lite), bundled')
    for name in bundled_models():
        print(f'{find_model(name)}  the default detector, bundled')
    print(f'{MODEL}  {"the detector open" if bundled_models() else "the default detector, open"}, bundled')
    for folder in (Path(), Path(COURSE_FOLDER)):
        for path in sorted(folder.glob('*')) if folder.is_dir() else []:
            if path.suffix in _SUFFIXES:
                print(f'{path}  {path.stat().st_size / 1e6:.1f} MB: hemlets weights info {path}')
            elif path.suffix == '.weights':
                print(f'{path}  {path.stat().st_size / 1e6:.1f} MB: a Darknet detector, detector=darknet')
    return 0


def _verify(files: list[str]) -> int:
    """Prints a line per file; returns 1 if a file is damaged."""
    from hemlets_ros.model.weights_files import SHIPPED, SHIPPED_SHA256, sha256

    faults = 0
    for name in files:
        shipped = not name or Path(name).resolve() == SHIPPED.resolve()
        try:  # the bundled file is checked by its hash; other files must fit a network, which needs PyTorch
            found = sha256(SHIPPED) if shipped else _load(name).weights.sha256
        except HemletsError as error:
            faults += 1
            print(f'FAULT  {error}')
            continue
        if shipped and found != SHIPPED_SHA256:
            faults += 1
            print(f'FAULT  {SHIPPED} is not the file that this package was published with: install it again')
            continue
        print(f'ok  {name or SHIPPED}  sha256 {found}'
              + ('  as published' if shipped else '  whole, all values finite'))
    return 1 if faults else 0


def _convert(name: str, out: str, half: bool, overwrite: bool) -> int:
    from hemlets_ros.model import save

    if not out.endswith('.safetensors'):
        raise SettingsError(f'convert writes .safetensors, not {out}; ONNX: hemlets export --weights {name} '
                            '--out FILE.onnx')
    check_outputs([out], [name], overwrite)
    network = _load(name)
    save(network, out, _facts(name), half=half)
    print(f'{out}  {Path(out).stat().st_size / 1e6:.1f} MB  of {network.weights.name}')
    return 0


def _info(name: str, pack: str, overwrite: bool) -> int:
    from hemlets_ros.model.weights_files import SHIPPED, config_of, open_safetensors, sha256, weights_path

    check_outputs([pack], [name or SHIPPED], overwrite)
    path = weights_path(name)
    if path.suffix == '.safetensors' and not pack:  # does not need PyTorch
        metadata, state = open_safetensors(path, 'np')
        _print_info(path.name, sha256(path), sum(value.size for key, value in state.items()
                                                 if not key.endswith(_STATISTICS)),
                    config_of(path, metadata), _facts(name))
        return 0
    from hemlets_ros.model import save

    network = _load(name)
    facts = _facts(name)
    weights = network.weights
    _print_info(weights.name, weights.sha256, sum(value.numel() for value in network.parameters()),
                network.config, facts)
    if pack:
        save(network, pack, _without_folders(facts), half=True)
    return 0


def _print_info(name: str, sha256: str, count: int, config: ModelConfig, facts: dict[str, Any]) -> None:
    print(f'{name}  sha256 {sha256}')
    print(f'{count / 1e6:.1f} million parameters  {config.to_json()}')
    print(json.dumps(facts, indent=2))


def _load(name: str) -> HEMlets:
    # Imported late, so that --help does not wait seconds for torch.
    from hemlets_ros.model import load

    return load(name or None)


def _facts(name: str) -> dict[str, Any]:
    """Training metadata of our weights files; the authors' files have none."""
    from hemlets_ros.model.weights_files import training_facts, weights_path

    path = weights_path(name)
    return training_facts(path) if path.suffix == '.safetensors' else {'converted_from': path.name}


def _without_folders(facts: dict[str, Any]) -> dict[str, Any]:
    """The metadata with file names instead of full paths, as folders have no meaning on other machines."""
    recipe = {name: ','.join(Path(each).name for each in value.split(',')) if name in _PATHS else value
              for name, value in facts.get('recipe', {}).items()}
    return facts | {'recipe': recipe}
