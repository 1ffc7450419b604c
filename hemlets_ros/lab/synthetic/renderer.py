"""Headless OpenGL renderer of characters and props; Mesa's software renderer suffices."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from hemlets_ros.errors import SourceError
from hemlets_ros.lab.synthetic import shaders
from hemlets_ros.system.extras import how_to_install

_SUN_MAP_PX = 512
_NEAR_M, _FAR_M = 0.15, 60.0
_GROUND_M = 5.0  # half the side of the ground square around the person that receives shadows


@dataclass(frozen=True)
class Light:
    """Light of a scene. Colours are RGB of squared brightness; 1 renders a white surface white."""

    to_sun: np.ndarray  # (3,) unit, world
    sun: np.ndarray  # (3,)
    sky: np.ndarray  # (4, 3): ambient light, then its gradients towards +x, +y and +z
    blur: float = 0.004  # softness of shadows, as a share of the shadow map
    darkness: float = 0.6  # of shadows on the ground, 0..1
    gloss: float = 0.1


@dataclass(frozen=True)
class Camera:
    """A pinhole camera. Rotation and translation transform world points to the camera frame."""

    intrinsics_px: np.ndarray  # (3, 3) of the image
    rotation: np.ndarray  # (3, 3)
    translation_m: np.ndarray  # (3,)

    def from_world(self, points: np.ndarray) -> np.ndarray:
        """(..., 3) world metres -> camera frame, metres."""
        return points @ self.rotation.T + self.translation_m

    def project(self, points: np.ndarray) -> np.ndarray:
        """(..., 3) world metres -> (..., 2) px."""
        homogeneous = self.from_world(points) @ self.intrinsics_px.T
        return homogeneous[..., :2] / homogeneous[..., 2:]

    @property
    def eye(self) -> np.ndarray:
        """Position (3,) of the camera, world metres."""
        return -self.rotation.T @ self.translation_m


class Renderer:
    """An OpenGL context with its resources. Images are size x size, rendered at `oversampling` times that."""

    def __init__(self, size_px: int, oversampling: float = 1.5) -> None:
        # One process per core renders faster than several threads. Mesa reads this variable only once.
        os.environ.setdefault('LP_NUM_THREADS', '0')
        try:
            import moderngl
        except ImportError as error:
            raise SourceError(f'the renderer is missing ({error}): {how_to_install("synth")}') from error
        try:
            self.context = moderngl.create_standalone_context(backend='egl')
        except Exception as error:  # glcontext raises a plain Exception if EGL is missing
            raise SourceError(f'no OpenGL without a screen ({error}): apt-get install libegl1 '
                              'libgl1-mesa-dri libegl-mesa0') from error
        self.size_px, self.drawn_px = size_px, round(size_px * oversampling)
        gl = self.context
        gl.enable(moderngl.DEPTH_TEST)
        self._surface = gl.program(shaders.SURFACE_VERTEX, shaders.SURFACE_FRAGMENT)
        self._catcher = gl.program(shaders.CATCHER_VERTEX, shaders.CATCHER_FRAGMENT)
        self._depth = gl.program(shaders.DEPTH_VERTEX, shaders.DEPTH_FRAGMENT)
        size = (self.drawn_px, self.drawn_px)
        self._target = gl.framebuffer([gl.renderbuffer(size, 4)], gl.depth_texture(size))
        self._sun_depth = gl.depth_texture((_SUN_MAP_PX, _SUN_MAP_PX))
        self._sun_depth.compare_func = '<='
        self._sun_depth.repeat_x = self._sun_depth.repeat_y = False
        self._sun_target = gl.framebuffer([], self._sun_depth)
        ground = _GROUND_M * np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]], 'f4')
        self._ground = gl.vertex_array(self._catcher, [(gl.buffer(ground.tobytes()), '2f', 'place')])
        self._strip, self._depth_test = moderngl.TRIANGLE_STRIP, moderngl.DEPTH_TEST
        self._cull_face = moderngl.CULL_FACE
        # Used for the shadow map only, because in the image the inner sides of clothes and hair are visible.
        gl.cull_face = 'back'

    def draw(self, models: list[Model], camera: Camera, light: Light, centre: np.ndarray,
             reach_m: float = 2.5, with_ground: bool = True) -> tuple[np.ndarray, np.ndarray]:
        """Renders models in their last placement, with shadows within `reach_m` of `centre` (3,).

        Returns the image (drawn_px, drawn_px, 4) uint8, RGB with premultiplied alpha, and the depth
        (drawn_px, drawn_px) float32 in metres, infinite for the background. Row 0 is the top.
        """
        to_sun = _sun_matrix(light.to_sun, centre, reach_m)
        self._sun_target.use()
        self._sun_target.clear(depth=1.0)
        self._depth['to_clip'].write(_gl(to_sun))
        self.context.enable(self._cull_face)
        for model in models:
            model.shadow.render()
        self.context.disable(self._cull_face)
        self._target.use()
        self._target.clear(0.0, 0.0, 0.0, 0.0, depth=1.0)
        to_clip = _gl(_clip_matrix(camera, self.size_px))
        for program in (self._surface, self._catcher):
            program['to_clip'].write(to_clip)
            program['to_sun'].write(_gl(to_sun))
            program['sun_blur'].value = light.blur
            program['sun_depth'].value = 1
        self._sun_depth.use(1)
        if with_ground:
            self._catcher['darkness'].value = light.darkness
            self._catcher['centre'].value = (float(centre[0]), float(centre[1]), 0.0)
            # Without depth test, so that the ground does not hide feet that slightly penetrate it.
            self.context.disable(self._depth_test)
            self._ground.render(self._strip)
            self.context.enable(self._depth_test)
        for name, value in (('eye', camera.eye), ('to_light', light.to_sun), ('sun', light.sun)):
            self._surface[name].value = tuple(map(float, value))
        self._surface['sky'].write(light.sky.astype('f4').tobytes())
        self._surface['gloss'].value = light.gloss
        self._surface['pictures'].value = 0
        for model in models:
            model.pictures.use(0)
            model.array.render()
        side = self.drawn_px
        picture = np.frombuffer(self._target.read(components=4), np.uint8).reshape(side, side, 4)
        raw = np.frombuffer(self._target.read(components=1, attachment=-1, dtype='f4'), np.float32)
        raw = raw.reshape(side, side)
        return picture, _metres(raw)

    def model(self, uvs: np.ndarray, triangles: np.ndarray, textures: np.ndarray) -> Model:
        """A mesh on the GPU: uvs (n, 3) are u, v and layer, triangles (m, 3), textures BGR and opacity."""
        return Model(self, uvs, triangles, textures)


class Model:
    """A mesh on the GPU. Call `place` before drawing."""

    def __init__(self, renderer: Renderer, uvs: np.ndarray, triangles: np.ndarray,
                 textures: np.ndarray) -> None:
        gl = renderer.context
        self._moving = gl.buffer(reserve=24 * len(uvs), dynamic=True)
        self._fixed = gl.buffer(np.ascontiguousarray(uvs, 'f4').tobytes())
        self._indices = gl.buffer(np.ascontiguousarray(triangles, 'i4').tobytes())
        self.array = gl.vertex_array(renderer._surface, [
            (self._moving, '3f 3f', 'place', 'normal'), (self._fixed, '3f', 'uv')], self._indices)
        self.shadow = gl.vertex_array(renderer._depth, [(self._moving, '3f 12x', 'place')], self._indices)
        layers, height, width = textures.shape[:3]
        # Both texture coordinates and OpenGL's rows start at the bottom.
        rows = np.ascontiguousarray(textures[:, ::-1, :, [2, 1, 0, 3]])
        self.pictures = gl.texture_array((width, height, layers), 4, rows.tobytes())
        self.pictures.build_mipmaps()

    def place(self, vertices: np.ndarray, normals: np.ndarray) -> None:
        """Sets vertices and normals (n, 3) in the world."""
        self._moving.write(np.concatenate([vertices, normals], axis=1).astype('f4', copy=False).tobytes())

    def release(self) -> None:
        """Frees the GPU memory; the model cannot be drawn any more."""
        for held in (self.array, self.shadow, self._moving, self._fixed, self._indices, self.pictures):
            held.release()


def _gl(matrix: np.ndarray) -> bytes:
    return np.ascontiguousarray(matrix.T, 'f4').tobytes()


def _clip_matrix(camera: Camera, size_px: int) -> np.ndarray:
    """World -> clip space (4, 4). Row 0 of what OpenGL reads back is the image's top row.

    A pixel's centre has whole coordinates, so the image spans -0.5 .. size - 0.5.
    """
    scale = 2 / size_px
    pixels = np.eye(4)
    k = camera.intrinsics_px
    pixels[0, :3] = scale * (k[0] + 0.5 * k[2]) - k[2]
    pixels[1, :3] = scale * (k[1] + 0.5 * k[2]) - k[2]
    pixels[2] = [0, 0, (_FAR_M + _NEAR_M) / (_FAR_M - _NEAR_M), -2 * _FAR_M * _NEAR_M / (_FAR_M - _NEAR_M)]
    pixels[3] = [0, 0, 1, 0]
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = camera.rotation, camera.translation_m
    return pixels @ pose


def _sun_matrix(to_sun: np.ndarray, centre: np.ndarray, reach_m: float) -> np.ndarray:
    """World -> clip space of the sun's shadow map (4, 4): a box around `centre`."""
    side = np.cross(to_sun, [0.0, 1.0, 0.0] if abs(to_sun[2]) > 0.9 else [0.0, 0.0, 1.0])
    side /= np.linalg.norm(side)
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([side, np.cross(to_sun, side), -to_sun]) / reach_m
    matrix[2, :3] /= 2  # doubles the depth range for long shadows
    matrix[:3, 3] = -matrix[:3, :3] @ centre
    return matrix


def _metres(raw: np.ndarray) -> np.ndarray:
    """Depth buffer values 0..1 -> metres along the camera's axis."""
    with np.errstate(divide='ignore'):
        depth = _FAR_M * _NEAR_M / (_FAR_M - raw * (_FAR_M - _NEAR_M))
    return np.where(raw >= 1, np.float32(np.inf), depth.astype(np.float32, copy=False))
