"""Finds a robot's model: a file, or a model of MuJoCo Menagerie, which is downloaded once."""

from __future__ import annotations

from pathlib import Path

from hemlets_ros.errors import SettingsError, SourceError


def model_file(model: str) -> Path:
    """The file of a model: 'NAME/ENTRY' of MuJoCo Menagerie, or a path with a suffix.

    Menagerie's package checks the SHA-256 of downloads and caches them. Raises SettingsError for unknown
    names, SourceError if there is no file.
    """
    if Path(model).suffix:
        if not Path(model).is_file():
            raise SourceError(f'{model}: no such robot model')
        return Path(model)
    import mujoco_menagerie

    name, _, entry = model.partition('/')
    try:
        robot = mujoco_menagerie.get(name)
        path: Path = robot.xml(entry)
    except (mujoco_menagerie.UnknownRobotError, mujoco_menagerie.UnknownEntryPointError) as error:
        raise SettingsError(f'model {model}: {error}') from error
    except (mujoco_menagerie.MenagerieError, OSError) as error:
        raise SourceError(
            f'the model of {name} is not here and could not be downloaded ({error}): connect once, or set '
            'MENAGERIE_ROOT to a copy of the repository mujoco_menagerie') from error
    if not path.is_file():
        raise SourceError(f'{path}: no such robot model; is MENAGERIE_ROOT right?')
    return path
