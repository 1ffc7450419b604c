"""Output kinds of `--mesh`, by file name: animated glTF, PLY or OBJ, for one image or for each image."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from hemlets_ros.errors import OutputError

FILE_SUFFIXES: Final = ('.ply', '.obj')
Kind = Literal['glb', 'file', 'files']


def mesh_kind(path: str) -> Kind:
    """Kind of a file name; `files` is FOLDER/*.ply, with a * for the image's name. Raises OutputError."""
    suffix = Path(path).suffix.lower()
    if suffix == '.glb' and '*' not in path:
        return 'glb'
    if suffix in FILE_SUFFIXES and '*' not in str(Path(path).parent) and path.count('*') <= 1:
        return 'files' if '*' in path else 'file'
    raise OutputError(f"cannot write {path}: meshes end in .glb for an animation, .ply or .obj for one "
                      "image, or are 'FOLDER/*.ply' or 'FOLDER/*.obj', in quotes, for a file of each image")


def check_meshes(path: str, source_name: str, photos: bool, count: int | None, tracking: bool) -> None:
    """Checks a mesh path for a source; count: number of its images, None: unknown.

    Raises OutputError for one file for many images, and for an animation without tracking.
    """
    kind = mesh_kind(path)
    if kind == 'file' and count != 1:
        many = f"'{Path(path).parent}/*{Path(path).suffix}'"
        raise OutputError(f'cannot write {path}: it is for one image, and {source_name} has '
                          f'{count or "many"}; give a .glb or, in quotes, {many}')
    if kind == 'glb' and count != 1 and (photos or not tracking):
        raise OutputError(f'cannot write {path}: an animation needs people with ids that stay, and those of '
                          f"{source_name} are not tracked; give 'FOLDER/*.ply' for a file of each image")
