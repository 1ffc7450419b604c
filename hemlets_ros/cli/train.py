"""Trains HEMlets on shards or on Human3.6M, from a recipe and flags; goes on where it stopped."""

from __future__ import annotations

import argparse
import sys

from hemlets_ros.errors import SettingsError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from hemlets_ros.cli.arguments import add_settings
    from hemlets_ros.training.recipe import RECIPE_SETTINGS

    parser.add_argument('--recipe', default='', help='a YAML file, or the name of a shipped one: h36m, '
                        'mixed, synthetic, lifter, lite, overfit (config/train_*.yaml); flags override it')
    parser.add_argument('--fresh', action='store_true', help='do not go on from an earlier checkpoint')
    for group in RECIPE_SETTINGS:
        add_settings(parser, group, only_given=True)


def main(options: argparse.Namespace) -> int:
    from hemlets_ros.cli.arguments import settings_of
    from hemlets_ros.training.recipe import RECIPE_SETTINGS, make_recipe, read_recipe

    try:
        from lightning.pytorch.utilities import rank_zero_only

        from hemlets_ros.training.course import as_shards
        from hemlets_ros.training.fit import fit
    except ModuleNotFoundError as error:
        raise SettingsError(f'{error.name} is not installed: pip install "hemlets-ros[train]"') from error

    values = read_recipe(options.recipe) if options.recipe else {}
    for group in RECIPE_SETTINGS:
        values |= settings_of(options, group)
    if not values.get('dataset_path'):
        raise SettingsError('--dataset_path is missing: folders of shards, or a Human3.6M folder')
    recipe = make_recipe(values)  # first of all, so that a wrong flag is told of at once
    recipe = make_recipe(values | {'dataset_path': as_shards(
        recipe.data.dataset_path, recipe.optimisation.checkpoint_dir, recipe.data.num_workers)})
    metrics = fit(recipe, resume=not options.fresh, progress=sys.stderr.isatty())
    if rank_zero_only.rank:
        return 0  # the first of the processes speaks for all
    if not metrics:
        print(f'all {recipe.optimisation.epochs} epochs were done before: more --epochs go on, '
              '--fresh starts anew')
    for name in ('train/loss', 'train/mpjpe_mm', 'val/loss', 'val/mpjpe_mm', 'val/pa_mpjpe_mm'):
        if name in metrics:
            print(f'{name} {metrics[name]:.4g}')
    print(f'{recipe.optimisation.checkpoint_dir}/: weights, log, losses.png, mpjpe.png, predictions.png')
    return 0
