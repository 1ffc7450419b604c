"""Trains HEMlets on shards or on Human3.6M, from a recipe and flags; resumes from its last checkpoint."""

from __future__ import annotations

import argparse

from hemlets_ros.errors import SettingsError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from hemlets_ros.cli.arguments import add_settings
    from hemlets_ros.lab.training.recipe import RECIPE_SETTINGS

    parser.add_argument('--recipe', default='', help='a YAML file, or the name of a shipped one: h36m, '
                        'mixed, synthetic, lifter, lite, overfit (config/train_*.yaml); flags override it')
    parser.add_argument('--fresh', action='store_true',
                        help='ignore an earlier checkpoint and start again')
    for group in RECIPE_SETTINGS:
        add_settings(parser, group, only_given=True)


def main(options: argparse.Namespace) -> int:
    from lightning.pytorch.utilities import rank_zero_only

    from hemlets_ros.cli.arguments import settings_of
    from hemlets_ros.lab.training.course import as_shards
    from hemlets_ros.lab.training.fit import fit
    from hemlets_ros.lab.training.recipe import RECIPE_SETTINGS, make_recipe, read_recipe

    values = read_recipe(options.recipe) if options.recipe else {}
    for group in RECIPE_SETTINGS:
        values |= settings_of(options, group)
    if not values.get('dataset_path'):
        raise SettingsError('--dataset-path is missing: folders of shards, or a Human3.6M folder')
    recipe = make_recipe(values)  # before preparing data, so that a wrong option fails at once
    recipe = make_recipe(values | {'dataset_path': as_shards(
        recipe.data.dataset_path, recipe.optimisation.checkpoint_dir, recipe.data.num_workers)})
    metrics = fit(recipe, resume=not options.fresh)
    if rank_zero_only.rank:
        return 0  # only rank 0 prints
    if not metrics:
        print(f'all {recipe.optimisation.epochs} epochs are done already: raise --epochs, or start again '
              'with --fresh')
    for name in ('train/loss', 'train/mpjpe_mm', 'val/loss', 'val/mpjpe_mm', 'val/pa_mpjpe_mm'):
        if name in metrics:
            print(f'{name} {metrics[name]:.4g}')
    print(f'{recipe.optimisation.checkpoint_dir}/: weights, log, losses.png, mpjpe.png, predictions.png')
    return 0
