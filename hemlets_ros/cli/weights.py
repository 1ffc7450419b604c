"""Says what a weights file is of; packs one for giving away."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('file', nargs='?', default='', metavar='FILE',
                        help='our .safetensors; none: the one that comes with the package')
    parser.add_argument('--pack', default='', metavar='OUT.safetensors',
                        help='also write it with 16 bits a number, half as large')


#: Of a recipe: where things were on one machine.
_PLACES = ('dataset_path', 'init', 'lifter', 'checkpoint_dir')


def main(options: argparse.Namespace) -> int:
    # Imported here: torch takes seconds, and --help needs none of it.
    from hemlets_ros.model import load, save
    from hemlets_ros.model.files import SHIPPED
    from hemlets_ros.model.weights import training_facts

    facts = training_facts(options.file or SHIPPED)
    network = load(options.file or None)
    print(f'{network.weights.name}  sha256 {network.weights.sha256}')
    print(f'{sum(value.numel() for value in network.parameters()) / 1e6:.1f} million parameters  '
          f'{network.config.to_json()}')
    print(json.dumps(facts, indent=2))
    if options.pack:
        save(network, options.pack, _without_places(facts), half=True)
    return 0


def _without_places(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts with the last part alone of each path: whoever gets the file has other folders."""
    recipe = {name: ','.join(Path(each).name for each in value.split(',')) if name in _PLACES else value
              for name, value in facts.get('recipe', {}).items()}
    return facts | {'recipe': recipe}
