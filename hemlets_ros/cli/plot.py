"""Plots recorded skeletons: joint trajectories, joint angles, speeds, bone lengths, as PNG and CSV."""

from __future__ import annotations

import argparse
from pathlib import Path

from hemlets_ros.cli.arguments import add_settings
from hemlets_ros.errors import InputError, SettingsError
from hemlets_ros.settings import OutputSettings
from hemlets_ros.system.extras import require
from hemlets_ros.system.output_path import check_outputs

_JOINTS = 'pelvis,r_wrist,l_wrist,r_ankle,l_ankle'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('file', metavar='SKELETONS.json', help='JSON file written by hemlets run')
    parser.add_argument('--png', default='', metavar='FILE.png',
                        help='plot; neither given: NAME_plot.png in the current folder')
    parser.add_argument('--csv', default='', metavar='FILE.csv',
                        help='table, one row per person and frame; neither given: NAME_plot.csv')
    parser.add_argument('--joints', default=_JOINTS, help='joints whose trajectories and speeds are drawn')
    parser.add_argument(
        '--person-id', type=int, action='append', metavar='ID',
        help='only the person with this track id; can be repeated (default: the three seen most)')
    add_settings(parser, OutputSettings)


def main(options: argparse.Namespace) -> int:
    # Imported late, so that --help is fast.
    from hemlets_ros.results.person_motion import motions, write_csv
    from hemlets_ros.results.skeleton_json import read_skeletons
    from hemlets_ros.skeleton import INDEX

    joints = options.joints.split(',')
    if unknown := [name for name in joints if name not in INDEX]:
        raise SettingsError(f'--joints: no joint {", ".join(unknown)}; there are {", ".join(INDEX)}')
    png, csv = options.png, options.csv
    if not png and not csv:
        png, csv = (f'{Path(options.file).stem}_plot{suffix}' for suffix in ('.png', '.csv'))
    if png:
        require('matplotlib', 'hemlets plot')
    check_outputs([png, csv], [options.file], options.overwrite)
    frames = read_skeletons(options.file)
    found = motions(frames)
    if not found:
        raise InputError(f'{options.file} has no people in {len(frames)} frames')
    if png:  # written first, because it can fail, and then no CSV is left behind
        from hemlets_ros.results.motion_plot import plot_motions

        known = {motion.id: motion for motion in found}
        if missing := [str(each) for each in options.person_id or [] if each not in known]:
            raise SettingsError(f'--person-id: no person has the id {", ".join(missing)}; '
                                f'there are {", ".join(map(str, sorted(known)))}')
        chosen = [known[each] for each in options.person_id] if options.person_id else found[:3]
        plot_motions(png, chosen, joints)
    if csv:
        write_csv(csv, frames)
    print('written: ' + ', '.join(filter(None, (png, csv))))
    return 0
