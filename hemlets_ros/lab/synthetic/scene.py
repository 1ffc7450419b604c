"""Generates a sample: random people, props, light and camera, rendered and labelled."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from hemlets_ros.geometry import quaternions as quat
from hemlets_ros.geometry.crop import MEAN_RGB
from hemlets_ros.lab.datasets.sample import Sample, sample_3d
from hemlets_ros.lab.synthetic import rotations as rot
from hemlets_ros.lab.synthetic.backgrounds import Backgrounds
from hemlets_ros.lab.synthetic.body import BodyModel
from hemlets_ros.lab.synthetic.bone_labels import bone_turns
from hemlets_ros.lab.synthetic.cast import Actor, Cast
from hemlets_ros.lab.synthetic.character import Wardrobe
from hemlets_ros.lab.synthetic.effects import degrade
from hemlets_ros.lab.synthetic.joints import coco_of, joints_of
from hemlets_ros.lab.synthetic.mesh import bounds
from hemlets_ros.lab.synthetic.phenotype import CHILDREN, PHENOTYPE
from hemlets_ros.lab.synthetic.pose import Pose
from hemlets_ros.lab.synthetic.poses import any_pose
from hemlets_ros.lab.synthetic.props import Props
from hemlets_ros.lab.synthetic.renderer import Light, Model, Renderer
from hemlets_ros.lab.synthetic.viewpoint import IMAGE_PX, View, sample_view
from hemlets_ros.lab.synthetic.visibility import visible
from hemlets_ros.skeleton import COCO_NAMES, INDEX, JOINT_NAMES

_CROWD_SHARE, _OCCLUDER_SHARE = 0.35, 0.3


@dataclass(frozen=True)
class Person:
    """A posed person in the world, metres."""

    actor: Actor
    pose: Pose
    vertices: np.ndarray  # (n, 3)
    normals: np.ndarray  # (n, 3)
    joints: np.ndarray  # (18, 3)
    coco: np.ndarray  # (17, 3)

    def moved(self, by: np.ndarray) -> Person:
        """The person, translated by `by` (3,)."""
        return Person(self.actor, self.pose, self.vertices + by.astype(np.float32), self.normals,
                      self.joints + by, self.coco + by)

    def placed(self) -> Model:
        """The actor's model with this person's vertices, ready to be drawn."""
        self.actor.model.place(self.vertices, self.normals)
        return self.actor.model


@dataclass(frozen=True)
class Scene:
    """The people and objects in an image, and the camera view."""

    subject: Person
    view: View
    models: list[Model]  # the subject and its seat
    obstacles: list[Model]  # possible occluders, which may be left out


@dataclass(frozen=True)
class Setting:
    """Light and background of a scene."""

    light: Light
    behind: np.ndarray  # (IMAGE_PX, IMAGE_PX, 3) uint8 BGR
    with_ground: bool  # whether the ground receives shadows


class Studio:
    """Generates samples in a process; each sample depends only on the seed and its number."""

    _min_visible = 7  # if fewer joints are visible, the obstacles are removed

    def __init__(self, assets: Path, seed: int, backgrounds: str | Path | None = None,
                 held_out: bool = False, children: float = CHILDREN) -> None:
        self.seed, self._held_out = seed, held_out
        self.wardrobe = Wardrobe(assets, BodyModel(), held_out, children)
        self.renderer = Renderer(IMAGE_PX)
        self._backgrounds = Backgrounds(backgrounds, seed)
        self._props = Props(self.renderer, seed)

    def cast(self, part: int) -> Cast:
        """The people of a part of the data set."""
        return Cast(part, self.seed, self.wardrobe, self.renderer)

    def sample(self, cast: Cast, index: int) -> tuple[Sample, np.ndarray]:
        """Sample number `index`, and the visibility (18,) bool of its joints."""
        rng = np.random.default_rng([self.seed, 0, index])
        scene = self._staged(cast, rng)
        setting = self._setting(scene.view, rng)
        picture, depth, seen = self._rendered(scene, setting)
        image = degrade(composed(picture, setting.behind), rng)
        fill_outside(image, scene.view.frame_px)
        return self._labelled(scene, image, depth, index), seen

    def _staged(self, cast: Cast, rng: np.random.Generator) -> Scene:
        subject = self.posed(cast.pick(rng), self._pose(rng))
        seats = self._seat(subject, rng)
        view = sample_view(subject.vertices, rng)
        others = self._others(cast, subject, view, rng)
        occluders = self._occluders(subject, view, rng)
        obstacles = [person.placed() for person in others] + occluders
        return Scene(subject, view, [subject.placed(), *seats], obstacles)

    def _pose(self, rng: np.random.Generator) -> Pose:
        return any_pose(rng, self._held_out)

    def _setting(self, view: View, rng: np.random.Generator) -> Setting:
        light, brightness = _sample_light(rng)
        with_ground = rng.random() < 0.85
        return Setting(light, self._backgrounds.draw(view.camera, IMAGE_PX, brightness, rng), with_ground)

    def _rendered(self, scene: Scene, setting: Setting) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Image and depth, as from Renderer.draw, and the visibility (18,) of joints.

        Obstacles are removed if fewer than `_min_visible` joints would be visible.
        """
        view, joints = scene.view, scene.subject.joints
        for extra in (scene.obstacles, []):
            picture, depth = self.renderer.draw(scene.models + extra, view.camera, setting.light,
                                                joints[INDEX['pelvis']], with_ground=setting.with_ground)
            seen = visible(JOINT_NAMES, joints, view, depth)
            if seen.sum() >= self._min_visible:
                break
        return picture, depth, seen

    def _labelled(self, scene: Scene, image: np.ndarray, depth: np.ndarray, index: int,
                  **more: np.ndarray) -> Sample:
        """The sample; more: labels that replace those of the pinhole camera."""
        subject, view = scene.subject, scene.view
        keypoints = np.column_stack([view.camera.project(subject.coco),
                                     visible(COCO_NAMES, subject.coco, view, depth)])
        character = subject.actor.character
        turns = bone_turns(character.rig, character.anatomy.heads, subject.pose)
        labels = {'box_px': view.box_px, 'keypoints_px': keypoints, 'frame_px': view.frame_px,
                  'bone_turns': quat.from_matrix(view.camera.rotation @ turns),
                  'height_mm': np.array(1000 * character.height_m)} | more
        if character.phenotype:
            labels['phenotype'] = np.array([character.phenotype[name] for name in PHENOTYPE])
        key = f'synth/{subject.actor.subject}/{subject.pose.action}/{index:08d}'
        return sample_3d(key, subject.actor.subject, image,
                         joints_mm=1000 * view.camera.from_world(subject.joints),
                         intrinsics_px=view.camera.intrinsics_px, keypoints_exact=True,
                         action=subject.pose.action, **labels)

    def posed(self, actor: Actor, pose: Pose) -> Person:
        """The posed actor with the pelvis above the origin and the lowest point at pose.lift_m."""
        rig = actor.character.rig
        transforms = rig.transforms(actor.character.anatomy.heads, pose)
        vertices, normals = actor.character.posed(transforms[rig.moving])
        joints = joints_of(rig, actor.character.anatomy, transforms)
        by = -joints[INDEX['pelvis']]
        by[2] = pose.lift_m - vertices[:, 2].min()
        coco = coco_of(rig, actor.character.anatomy, transforms)
        return Person(actor, pose, vertices, normals, joints, coco).moved(by)

    def _seat(self, person: Person, rng: np.random.Generator) -> list[Model]:
        """A box or cylinder under a sitting person, unless it would be lower than 0.15 m."""
        if person.pose.support != 'seat':
            return []
        hips = person.joints[INDEX['pelvis']]
        near = np.hypot(*(person.vertices[:, :2] - hips[:2]).T) < 0.2
        height = float(person.vertices[near, 2].min())
        if height < 0.15:
            return []
        size = np.array([rng.uniform(0.35, 0.7), rng.uniform(0.35, 0.5), height])
        front = person.pose.rotations[0] @ [0.0, -1.0, 0.0]
        turn = np.arctan2(front[1], front[0]) + np.pi / 2
        centre = np.array([*hips[:2], height / 2])
        return [self._props.place(int(rng.integers(2)), 0, size, centre, turn)]

    def _others(self, cast: Cast, subject: Person, view: View,
                rng: np.random.Generator) -> list[Person]:
        """People around the subject, who may occlude it."""
        if rng.random() > _CROWD_SHARE:
            return []
        count = int(rng.choice([1, 2], p=[0.7, 0.3]))
        result = []
        for actor in cast.others(subject.actor, count, rng):
            person = self.posed(actor, self._pose(rng))
            reach = sum(np.ptp(bounds(body.vertices[:, :2]), axis=0).max() / 2 for body in (person, subject))
            distance = 0.75 * reach + abs(rng.normal(0, 0.8))
            angle = rng.uniform(0, 2 * np.pi)
            person = person.moved(np.array([distance * np.cos(angle), distance * np.sin(angle), 0.0]))
            if view.camera.from_world(person.joints)[:, 2].min() > 0.7:
                result.append(person)
        return result

    def _occluders(self, subject: Person, view: View, rng: np.random.Generator) -> list[Model]:
        """A box or pillar on the ground between camera and subject."""
        if rng.random() > _OCCLUDER_SHARE:
            return []
        centre = bounds(subject.vertices).mean(axis=0)
        way = view.camera.eye - centre
        across = rot.unit(np.cross(way, [0.0, 0.0, 1.0]))
        place = centre + rng.uniform(0.2, 0.6) * way + rng.normal(0, 0.35) * across
        if rng.random() < 0.7:
            size = rng.uniform([0.2, 0.2, 0.3], [1.4, 0.8, 1.1])
        else:
            width = rng.uniform(0.08, 0.35)
            size = np.array([width, width, 3.0])
        place[2] = size[2] / 2
        if np.linalg.norm(place - view.camera.eye) < 0.8 + size[:2].max():
            return []
        return [self._props.place(int(rng.integers(2)), int(rng.integers(1, 6)), size, place,
                                   float(rng.uniform(0, np.pi)))]


def _sample_light(rng: np.random.Generator) -> tuple[Light, float]:
    """Random sun and sky, and the brightness of background surfaces."""
    rise, turn = np.radians(rng.uniform(25, 85)), rng.uniform(0, 2 * np.pi)
    to_sun = np.array([np.cos(rise) * np.cos(turn), np.cos(rise) * np.sin(turn), np.sin(rise)])
    sun = rng.uniform(0.1, 1.0) * np.exp(rng.normal(0, 0.08, 3))
    sky = np.zeros((4, 3))
    sky[0] = rng.uniform(0.3, 0.7) * np.exp(rng.normal(0, 0.06, 3))
    sky[1:] = rng.normal(0, 0.08, (3, 1)) + rng.normal(0, 0.02, (3, 3))
    sky[3] += 0.12
    light = Light(to_sun, sun, sky, float(rng.uniform(0.002, 0.012)),
                  float(rng.uniform(0.2, 0.65)), float(rng.uniform(0, 0.25)))
    return light, float(np.sqrt((sky[0] + sky[3] + sun * to_sun[2]).mean()))


def composed(picture: np.ndarray, behind: np.ndarray) -> np.ndarray:
    """Blends an oversampled image with premultiplied alpha over a background: (H, W, 3) uint8 BGR."""
    size = behind.shape[1::-1]
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    clear = cv2.cvtColor(255 - small[..., 3], cv2.COLOR_GRAY2BGR)
    return cv2.add(cv2.cvtColor(small, cv2.COLOR_RGBA2BGR), cv2.multiply(behind, clear, scale=1 / 255))


def fill_outside(image: np.ndarray, frame_px: np.ndarray) -> None:
    """Fills pixels outside the camera's image with the mean colour, as hemlets_ros.geometry.crop does."""
    left, top, right, bottom = np.clip(np.round(frame_px + 0.5), 0, IMAGE_PX).astype(int)
    mean = np.round(MEAN_RGB[::-1]).astype(np.uint8)
    image[:top] = image[bottom:] = mean
    image[:, :left] = image[:, right:] = mean
