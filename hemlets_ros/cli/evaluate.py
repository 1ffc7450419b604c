"""Measures weights: the authors' protocol on their .h5, or general figures on any shards."""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('data', metavar='DATA', help="the authors' .h5, or a folder of shards (or a .tar)")
    parser.add_argument('--weights', default='', help='weights to measure; empty: random ones')
    parser.add_argument('--variant', choices=('full', 'lite'), default=None, help='network')
    parser.add_argument('--flip', action=argparse.BooleanOptionalAction, default=False,
                        help='average with the mirrored crop')
    parser.add_argument('--actions', default='', metavar='JSON',
                        help="the authors' list of videos (S11.json), for a table by action")
    parser.add_argument('--subjects', nargs='+', default=None, metavar='SUBJECT', help='only these people')
    parser.add_argument('--device', default='auto', help='cpu, cuda ...')
    parser.add_argument('--json', default='', help='file for the figures')
    parser.add_argument('--png', default='', help='file for a picture: error by joint and by action')


def main(options: argparse.Namespace) -> int:
    from hemlets_ros.errors import OutputError
    from hemlets_ros.evaluation.report import plot, table
    from hemlets_ros.model import load

    for path in filter(None, (options.json, options.png)):
        if not Path(path).absolute().parent.is_dir():
            raise OutputError(f'cannot write {path}: no such folder')
    network = load(options.weights or None, options.variant)
    summary = _evaluate(network, options) | {
        'weights': network.weights.name, 'weights_sha256': network.weights.sha256,
        'warning': network.weights.warning}
    print(table(summary))
    if network.weights.warning:
        print(network.weights.warning)
    if options.json:
        Path(options.json).write_text(json.dumps(summary, indent=2) + '\n')
    if options.png:
        plot(summary, options.png)
    return 0


def _evaluate(network: object, options: argparse.Namespace) -> dict[str, object]:
    if options.data.endswith(('.h5', '.hdf5')):
        from hemlets_ros.evaluation.authors import evaluate_authors_file

        return evaluate_authors_file(network, options.data, options.flip, options.actions or None,
                                     options.device)
    from tqdm import tqdm

    from hemlets_ros.datasets.shards import find_shards, read_shard
    from hemlets_ros.evaluation.dataset import evaluate_samples
    from hemlets_ros.evaluation.report import summarise

    samples = (sample for url in find_shards(options.data) for sample in read_shard(url)
               if options.subjects is None or sample.subject in options.subjects)
    return summarise(evaluate_samples(network, tqdm(samples, unit='sample', disable=None), options.flip,
                                      device=options.device)) | {'flip': options.flip}
