"""hemlets run --ray: one Ray task per video, on this machine or a cluster; Ray schedules and retries."""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from hemlets_ros.cli.arguments import FILES, input_files, settings_of
from hemlets_ros.cli.run_one import run_one
from hemlets_ros.errors import HemletsError, InputError, OutputError, SettingsError
from hemlets_ros.results.skeleton_json import read_head
from hemlets_ros.settings import RaySettings
from hemlets_ros.sources.bag_files import is_bag
from hemlets_ros.sources.image_files import IMAGE_SUFFIXES
from hemlets_ros.system.extras import how_to_install
from hemlets_ros.system.output_path import check_outputs
from hemlets_ros.system.progress import progress
from hemlets_ros.system.source_path import source_path

#: Option -> suffix of its files; that of an overlay depends on the source. JSON is last, so that its
#: existence means that all outputs exist.
_SUFFIXES = {'course_json': '.json', 'overlay': '', 'json': '.json'}


@dataclass(frozen=True)
class Job:
    """A video and its outputs, as absolute paths."""

    name: str
    source: str
    outputs: dict[str, Path]

    def is_done(self) -> bool:
        """Whether all outputs exist. Raises OutputError if they are of another video."""
        if not all(path.exists() for path in self.outputs.values()):
            return False
        try:
            source = read_head(self.outputs['json'])['source']
        except (InputError, KeyError) as error:
            raise OutputError(f'{self.outputs["json"]} exists and was not written by hemlets run') from error
        if source != self.source:
            raise OutputError(f'{self.outputs["json"]} has the skeletons of {source}, not of {self.source}; '
                              'choose another folder')
        return True


def run_many(options: argparse.Namespace) -> int:
    """Processes the videos that are not done yet. Returns 1 if some failed, with an error line for each."""
    settings = RaySettings(**settings_of(options, RaySettings))
    jobs = make_jobs(options)
    todo = [job for job in jobs if options.overwrite or not job.is_done()]
    sources = [Path(job.source) for job in jobs]
    for job in todo:  # their folders are made later
        check_outputs([path for path in job.outputs.values() if path.exists()],
                      [*sources, *input_files(options)], options.overwrite)
    if len(todo) < len(jobs):
        print(f'{len(jobs) - len(todo)} of {len(jobs)} are already complete')
    failed = _run(options, todo, settings) if todo else {}
    for job in jobs:
        if job.name in failed:
            print(f'hemlets: {job.name}: {failed[job.name]}', file=sys.stderr)
    return 1 if failed else 0


def make_jobs(options: argparse.Namespace) -> list[Job]:
    """One job per source, named after its file, and its folders if these differ.

    Raises SettingsError for outputs with the same path, and for cameras.
    """
    folders = {option: Path(getattr(options, option)).absolute() for option in _SUFFIXES
               if getattr(options, option)}
    if 'json' not in folders:
        raise SettingsError('--ray needs --json: the folder for the results')
    if len(set(folders.values())) < len(folders):
        raise SettingsError('--json, --course-json and --overlay must be different folders with --ray')
    paths = []
    for source in options.source:
        path = source_path(source)
        if path is None:
            raise SettingsError(f'--ray takes files, not the camera {source}')
        paths.append(Path(os.path.normpath(path.absolute())))
    above = os.path.commonpath([path.parent for path in paths])
    jobs: dict[str, Job] = {}
    for path in paths:
        below = path.relative_to(above)
        name = str(below if path.is_dir() else below.with_suffix(''))
        if name in jobs:
            raise SettingsError(f'{jobs[name].source} and {path} would have the same output, {name}.json')
        suffixes = _SUFFIXES | {'overlay': _overlay_suffix(path, options.as_video)}
        jobs[name] = Job(name, str(path), {option: folders[option] / f'{name}{suffix}'
                                           for option, suffix in suffixes.items() if option in folders})
    return list(jobs.values())


def _overlay_suffix(source: Path, as_video: float) -> str:
    if source.suffix.lower() in IMAGE_SUFFIXES:
        return '.png'
    return '.mp4' if as_video or not source.is_dir() or is_bag(source) else ''  # a folder of images


def process(options: argparse.Namespace, job: Job) -> tuple[str, str]:
    """Processes a video in a worker; returns the printed text and the error (empty: none).

    Outputs get their names when they are complete; until then, they are NAME.part.json ...
    """
    parts = {option: path.with_stem(f'{path.stem}.part') for option, path in job.outputs.items()}
    own = argparse.Namespace(**{**vars(options), **{option: str(path) for option, path in parts.items()},
                                 'overwrite': True})  # replaces .part files of an interrupted run
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            for path in parts.values():
                path.parent.mkdir(parents=True, exist_ok=True)
            run_one(own, job.source)
            for option, path in parts.items():
                path.replace(job.outputs[option])
    except HemletsError as error:
        return printed.getvalue().strip(), str(error)
    except OSError as error:
        return printed.getvalue().strip(), f'cannot write: {error}'
    return printed.getvalue().strip(), ''


def _run(options: argparse.Namespace, jobs: list[Job], settings: RaySettings) -> dict[str, str]:
    """Name -> error of the failed jobs."""
    ray = _connect(settings)
    options = argparse.Namespace(**{
        name: str(Path(value).absolute()) if name in FILES and value and Path(value).exists() else value
        for name, value in vars(options).items()})
    failed: dict[str, str] = {}
    try:
        task = ray.remote(num_cpus=settings.ray_cpus, num_gpus=settings.ray_gpus,
                          max_retries=settings.ray_retries)(process)
        under_way = {task.remote(options, job): job for job in jobs}
        with progress(total=len(jobs), unit='video') as bar:
            while under_way:
                (ready, *_), _ = ray.wait(list(under_way))
                job = under_way.pop(ready)
                try:
                    printed, error = ray.get(ready)
                except ray.exceptions.RayTaskError as raised:
                    printed, error = '', f'{type(raised.cause).__name__}: {raised.cause}'
                except ray.exceptions.RayError as raised:
                    printed, error = '', str(raised).strip().partition('\n')[0]
                if error:
                    failed[job.name] = error
                for line in printed.splitlines():
                    bar.write(f'{job.name}: {line}')
                bar.update()
    finally:
        ray.shutdown()
    return failed


def _connect(settings: RaySettings) -> ModuleType:
    os.environ.setdefault('RAY_USAGE_STATS_ENABLED', '0')  # no usage statistics are sent
    try:
        import ray
    except ImportError as error:
        raise SettingsError(f'--ray needs Ray: {how_to_install("ray")}') from error
    try:
        ray.init(address=settings.ray_address or 'local', include_dashboard=False, log_to_driver=False,
                 logging_level=logging.ERROR)
    except Exception as error:  # Ray raises bare ones, where this machine is too busy to start it
        raise SettingsError(f'no Ray cluster at {settings.ray_address or "this machine"}: '
                            f'{str(error).strip().partition(chr(10))[0]}') from error
    here = ray.cluster_resources()
    if not settings.ray_address:  # not checked on a cluster, which may grow
        for kind, wanted in (('CPU', settings.ray_cpus), ('GPU', settings.ray_gpus)):
            if wanted > here.get(kind, 0):
                ray.shutdown()
                raise SettingsError(f'each video needs {wanted} {kind}, but this machine has '
                                    f'{here.get(kind, 0):.0f}')
    return ray
