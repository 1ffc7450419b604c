"""One sample: people, things, light and camera drawn by lot, rendered and labelled."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from hemlets_ros.datasets.sample import Sample, sample_3d
from hemlets_ros.geometry.crop import MEAN_RGB
from hemlets_ros.skeleton import COCO_NAMES, INDEX, JOINT_NAMES
from hemlets_ros.synthetic import rotations as rot
from hemlets_ros.synthetic.backgrounds import Backgrounds
from hemlets_ros.synthetic.body import BodyModel
from hemlets_ros.synthetic.cast import Actor, Cast
from hemlets_ros.synthetic.character import Wardrobe
from hemlets_ros.synthetic.effects import spoil
from hemlets_ros.synthetic.joints import coco_of, joints_of
from hemlets_ros.synthetic.mesh import bounds
from hemlets_ros.synthetic.pose import Pose
from hemlets_ros.synthetic.poses import any_pose
from hemlets_ros.synthetic.renderer import Light, Model, Renderer
from hemlets_ros.synthetic.things import Things
from hemlets_ros.synthetic.viewpoint import IMAGE_PX, Shot, sample_shot
from hemlets_ros.synthetic.visibility import visible

_CROWD_SHARE, _OCCLUDER_SHARE = 0.35, 0.3
_LEAST_VISIBLE = 7  # joints; with fewer, what stands in the way is taken out again


@dataclass(frozen=True)
class Person:
    """Somebody in a pose, in the world, metres."""

    actor: Actor
    pose: Pose
    vertices: np.ndarray  # (n, 3)
    normals: np.ndarray  # (n, 3)
    joints: np.ndarray  # (18, 3)
    coco: np.ndarray  # (17, 3)

    def moved(self, by: np.ndarray) -> Person:
        """The same person elsewhere."""
        return Person(self.actor, self.pose, self.vertices + by.astype(np.float32), self.normals,
                      self.joints + by, self.coco + by)

    def placed(self) -> Model:
        """The actor's model, ready to be drawn."""
        self.actor.model.place(self.vertices, self.normals)
        return self.actor.model


class Studio:
    """What a process needs to make samples; each sample depends on the seed and its number alone."""

    def __init__(self, assets: Path, seed: int, backgrounds: str | Path | None = None,
                 held_out: bool = False) -> None:
        self.seed, self._held_out = seed, held_out
        self.wardrobe = Wardrobe(assets, BodyModel(), held_out)
        self.renderer = Renderer(IMAGE_PX)
        self._backgrounds = Backgrounds(backgrounds, seed)
        self._things = Things(self.renderer, seed)

    def cast(self, part: int) -> Cast:
        """The people of a part of the data set."""
        return Cast(part, self.seed, self.wardrobe, self.renderer)

    def sample(self, cast: Cast, index: int) -> tuple[Sample, np.ndarray]:
        """Sample number `index`, and which joints (18,) bool can be seen in it."""
        generator = np.random.default_rng([self.seed, 0, index])
        subject = self.posed(cast.pick(generator), any_pose(generator, self._held_out))
        seats = self._seat(subject, generator)
        shot = sample_shot(subject.vertices, generator)
        others = self._others(cast, subject, shot, generator)
        occluders = self._occluders(subject, shot, generator)
        light, brightness = _sample_light(generator)
        with_ground = generator.random() < 0.85
        behind = self._backgrounds.draw(shot.view, IMAGE_PX, brightness, generator)
        models = [subject.placed(), *seats]
        obstacles = [person.placed() for person in others] + occluders
        centre = subject.joints[INDEX['pelvis']]
        for extra in (obstacles, []):
            picture, depth = self.renderer.draw(models + extra, shot.view, light, centre,
                                                with_ground=with_ground)
            seen = visible(JOINT_NAMES, subject.joints, shot, depth)
            if seen.sum() >= _LEAST_VISIBLE:
                break
        image = spoil(composed(picture, behind), generator)
        _blank_beyond(image, shot.frame_px)
        key = f'synth/{subject.actor.subject}/{subject.pose.action}/{index:08d}'
        joints_mm = 1000 * shot.view.to_camera(subject.joints)
        keypoints = np.column_stack([shot.view.project(subject.coco),
                                     visible(COCO_NAMES, subject.coco, shot, depth)])
        return sample_3d(key, subject.actor.subject, image, shot.box_px, joints_mm, shot.view.intrinsics_px,
                         keypoints_px=keypoints, keypoints_exact=True, action=subject.pose.action), seen

    def posed(self, actor: Actor, pose: Pose) -> Person:
        """Hips over the origin, the lowest point on the ground or above."""
        rig = self.wardrobe.rig
        transforms = rig.transforms(actor.character.anatomy.heads, pose)
        vertices, normals = actor.character.posed(transforms[rig.moving])
        joints = joints_of(rig, actor.character.anatomy, transforms)
        by = -joints[INDEX['pelvis']]
        by[2] = pose.lift_m - vertices[:, 2].min()
        coco = coco_of(rig, actor.character.anatomy, transforms)
        return Person(actor, pose, vertices, normals, joints, coco).moved(by)

    def _seat(self, person: Person, generator: np.random.Generator) -> list[Model]:
        """A box under somebody who sits, unless it would be a mat."""
        if person.pose.support != 'seat':
            return []
        hips = person.joints[INDEX['pelvis']]
        near = np.hypot(*(person.vertices[:, :2] - hips[:2]).T) < 0.2
        height = float(person.vertices[near, 2].min())
        if height < 0.15:
            return []
        size = np.array([generator.uniform(0.35, 0.7), generator.uniform(0.35, 0.5), height])
        front = person.pose.rotations[0] @ [0.0, -1.0, 0.0]
        turn = np.arctan2(front[1], front[0]) + np.pi / 2
        centre = np.array([*hips[:2], height / 2])
        return [self._things.place(int(generator.integers(2)), 0, size, centre, turn)]

    def _others(self, cast: Cast, subject: Person, shot: Shot,
                generator: np.random.Generator) -> list[Person]:
        """People around the subject, who may cover some of it."""
        if generator.random() > _CROWD_SHARE:
            return []
        count = int(generator.choice([1, 2], p=[0.7, 0.3]))
        result = []
        for actor in cast.others(subject.actor, count, generator):
            person = self.posed(actor, any_pose(generator, self._held_out))
            reach = sum(np.ptp(bounds(body.vertices[:, :2]), axis=0).max() / 2 for body in (person, subject))
            distance = 0.75 * reach + abs(generator.normal(0, 0.8))
            angle = generator.uniform(0, 2 * np.pi)
            person = person.moved(np.array([distance * np.cos(angle), distance * np.sin(angle), 0.0]))
            if shot.view.to_camera(person.joints)[:, 2].min() > 0.7:
                result.append(person)
        return result

    def _occluders(self, subject: Person, shot: Shot, generator: np.random.Generator) -> list[Model]:
        """A box or pillar on the ground between camera and subject."""
        if generator.random() > _OCCLUDER_SHARE:
            return []
        centre = bounds(subject.vertices).mean(axis=0)
        way = shot.view.eye - centre
        across = rot.unit(np.cross(way, [0.0, 0.0, 1.0]))
        place = centre + generator.uniform(0.2, 0.6) * way + generator.normal(0, 0.35) * across
        if generator.random() < 0.7:
            size = generator.uniform([0.2, 0.2, 0.3], [1.4, 0.8, 1.1])
        else:
            width = generator.uniform(0.08, 0.35)
            size = np.array([width, width, 3.0])
        place[2] = size[2] / 2
        if np.linalg.norm(place - shot.view.eye) < 0.8 + size[:2].max():
            return []
        return [self._things.place(int(generator.integers(2)), int(generator.integers(1, 6)), size, place,
                                   float(generator.uniform(0, np.pi)))]


def _sample_light(generator: np.random.Generator) -> tuple[Light, float]:
    """Sun and sky, and how bright surfaces in the background are."""
    rise, turn = np.radians(generator.uniform(25, 85)), generator.uniform(0, 2 * np.pi)
    to_sun = np.array([np.cos(rise) * np.cos(turn), np.cos(rise) * np.sin(turn), np.sin(rise)])
    sun = generator.uniform(0.1, 1.0) * np.exp(generator.normal(0, 0.08, 3))
    sky = np.zeros((4, 3))
    sky[0] = generator.uniform(0.3, 0.7) * np.exp(generator.normal(0, 0.06, 3))
    sky[1:] = generator.normal(0, 0.08, (3, 1)) + generator.normal(0, 0.02, (3, 3))
    sky[3] += 0.12
    light = Light(to_sun, sun, sky, float(generator.uniform(0.002, 0.012)),
                  float(generator.uniform(0.2, 0.65)), float(generator.uniform(0, 0.25)))
    return light, float(np.sqrt((sky[0] + sky[3] + sun * to_sun[2]).mean()))


def composed(picture: np.ndarray, behind: np.ndarray) -> np.ndarray:
    """RGB with premultiplied opacity, drawn larger, over a BGR background: (H, W, 3) uint8 BGR."""
    size = behind.shape[1::-1]
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    clear = cv2.cvtColor(255 - small[..., 3], cv2.COLOR_GRAY2BGR)
    return cv2.add(cv2.cvtColor(small, cv2.COLOR_RGBA2BGR), cv2.multiply(behind, clear, scale=1 / 255))


def _blank_beyond(image: np.ndarray, frame_px: np.ndarray) -> None:
    """Gives what the camera's frame does not cover the mean colour, as hemlets_ros.geometry.crop does."""
    left, top, right, bottom = np.clip(np.round(frame_px + 0.5), 0, IMAGE_PX).astype(int)
    mean = np.round(MEAN_RGB[::-1]).astype(np.uint8)
    image[:top] = image[bottom:] = mean
    image[:, :left] = image[:, right:] = mean
