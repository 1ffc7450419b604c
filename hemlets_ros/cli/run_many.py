"""hemlets run --ray: one Ray task a video, on this machine or a cluster. Ray schedules and tries again."""

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

from hemlets_ros.cli import run
from hemlets_ros.cli.arguments import settings_of
from hemlets_ros.errors import HemletsError, InputError, OutputError, SettingsError
from hemlets_ros.results.skeleton_json import read_head
from hemlets_ros.settings import RaySettings

#: Option -> what its files end with. JSON last: it is there when all is.
_SUFFIXES = {'course_json': '.json', 'overlay': '.mp4', 'json': '.json'}
#: Options that name files, which a worker would look for elsewhere.
_FILES = ('calibration', 'weights', 'detector_model', 'darknet_config', 'darknet_weights', 'darknet_classes')


@dataclass(frozen=True)
class Job:
    """One video and its outputs, absolute paths."""

    name: str
    source: str
    outputs: dict[str, Path]

    def is_done(self) -> bool:
        """Whether all outputs are there. Raises OutputError where they are those of another video."""
        if not all(path.exists() for path in self.outputs.values()):
            return False
        try:
            source = read_head(self.outputs['json'])['source']
        except (InputError, KeyError) as error:
            raise OutputError(f'{self.outputs["json"]} is in the way: not a result of hemlets run') from error
        if source != self.source:
            raise OutputError(f'{self.outputs["json"]} has the skeletons of {source}, not of {self.source}; '
                              'take another folder')
        return True


def main(options: argparse.Namespace) -> int:
    """Does what is not done yet. 1: some videos failed, each with a line of its own."""
    settings = RaySettings(**settings_of(options, RaySettings))
    jobs = make_jobs(options)
    todo = [job for job in jobs if not job.is_done()]
    if len(todo) < len(jobs):
        print(f'{len(jobs) - len(todo)} of {len(jobs)} were done before')
    failed = _run(options, todo, settings) if todo else {}
    for job in jobs:
        if job.name in failed:
            print(f'hemlets: {job.name}: {failed[job.name]}', file=sys.stderr)
    return 1 if failed else 0


def make_jobs(options: argparse.Namespace) -> list[Job]:
    """A job for each source; names are those of the files, with folders where these differ."""
    folders = {option: Path(getattr(options, option)).absolute() for option in _SUFFIXES
               if getattr(options, option)}
    if 'json' not in folders:
        raise SettingsError('--ray needs --json: the folder for the results')
    if len(set(folders.values())) < len(folders):
        raise SettingsError('--json, --course-json and --overlay need folders of their own with --ray')
    for source in options.source:
        if source.isdecimal() or '://' in source:
            raise SettingsError(f'--ray takes files, not the camera {source}')
    paths = [Path(os.path.normpath(Path(source).expanduser().absolute())) for source in options.source]
    above = os.path.commonpath([path.parent for path in paths])
    jobs: dict[str, Job] = {}
    for path in paths:
        below = path.relative_to(above)
        name = str(below if path.is_dir() else below.with_suffix(''))
        if name in jobs:
            raise SettingsError(f'{jobs[name].source} and {path} would have the same output, {name}.json')
        jobs[name] = Job(name, str(path), {option: folders[option] / f'{name}{suffix}'
                                           for option, suffix in _SUFFIXES.items() if option in folders})
    return list(jobs.values())


def do(options: argparse.Namespace, job: Job) -> tuple[str, str]:
    """One video, in a worker: what was said, and what went wrong (empty: nothing).

    Outputs get their names when they are complete; until then they are NAME.part.json ...
    """
    parts = {option: path.with_stem(f'{path.stem}.part') for option, path in job.outputs.items()}
    own = argparse.Namespace(**{**vars(options), 'source': [job.source], 'ray': False,
                                **{option: str(path) for option, path in parts.items()}})
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            for path in parts.values():
                path.parent.mkdir(parents=True, exist_ok=True)
            run.main(own)
            for option, path in parts.items():
                path.replace(job.outputs[option])
    except HemletsError as error:
        return said.getvalue().strip(), str(error)
    except OSError as error:
        return said.getvalue().strip(), f'cannot write: {error}'
    return said.getvalue().strip(), ''


def _run(options: argparse.Namespace, jobs: list[Job], settings: RaySettings) -> dict[str, str]:
    """Name -> error, of those that failed."""
    from tqdm import tqdm

    ray = _connect(settings)
    options = argparse.Namespace(**{
        name: str(Path(value).absolute()) if name in _FILES and value and Path(value).exists() else value
        for name, value in vars(options).items()})
    failed: dict[str, str] = {}
    try:
        task = ray.remote(num_cpus=settings.ray_cpus, num_gpus=settings.ray_gpus,
                          max_retries=settings.ray_retries)(do)
        under_way = {task.remote(options, job): job for job in jobs}
        with tqdm(total=len(jobs), unit='video', disable=None) as bar:
            while under_way:
                (ready, *_), _ = ray.wait(list(under_way))
                job = under_way.pop(ready)
                try:
                    said, error = ray.get(ready)
                except ray.exceptions.RayTaskError as raised:
                    said, error = '', f'{type(raised.cause).__name__}: {raised.cause}'
                except ray.exceptions.RayError as raised:
                    said, error = '', str(raised).strip().partition('\n')[0]
                if error:
                    failed[job.name] = error
                for line in said.splitlines():
                    bar.write(f'{job.name}: {line}')
                bar.update()
    finally:
        ray.shutdown()
    return failed


def _connect(settings: RaySettings) -> ModuleType:
    os.environ.setdefault('RAY_USAGE_STATS_ENABLED', '0')  # nothing is told to anybody
    try:
        import ray
    except ImportError as error:
        raise SettingsError('--ray needs Ray: pip install "hemlets-ros[ray]"') from error
    try:
        ray.init(address=settings.ray_address or 'local', include_dashboard=False, log_to_driver=False,
                 logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise SettingsError(f'no Ray cluster at {settings.ray_address or "this machine"}: '
                            f'{str(error).strip().partition(chr(10))[0]}') from error
    here = ray.cluster_resources()
    if not settings.ray_address:  # a cluster may grow
        for kind, wanted in (('CPU', settings.ray_cpus), ('GPU', settings.ray_gpus)):
            if wanted > here.get(kind, 0):
                ray.shutdown()
                raise SettingsError(f'a video is to take {wanted} {kind}, but this machine has '
                                    f'{here.get(kind, 0):.0f}')
    return ray
