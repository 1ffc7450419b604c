"""Scenes with avatars, motion capture, panoramas, furniture, near and low cameras, and poor light."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial.transform import Rotation

from hemlets_ros.lab.datasets.sample import Sample
from hemlets_ros.lab.synthetic import furniture as pieces
from hemlets_ros.lab.synthetic.arms import reaching
from hemlets_ros.lab.synthetic.avatars import AvatarWardrobe, MixedWardrobe
from hemlets_ros.lab.synthetic.cameras import Target, sample_camera_view
from hemlets_ros.lab.synthetic.cast import Actor, Cast
from hemlets_ros.lab.synthetic.effects import degrade
from hemlets_ros.lab.synthetic.furniture import COVERS, Furniture, FurnitureStore, hidden_by
from hemlets_ros.lab.synthetic.joints import joints_of
from hemlets_ros.lab.synthetic.mesh import bounds
from hemlets_ros.lab.synthetic.panoramas import Panoramas
from hemlets_ros.lab.synthetic.pose import Pose
from hemlets_ros.lab.synthetic.pose_source import PoseSource, sitting_pose
from hemlets_ros.lab.synthetic.renderer import Model
from hemlets_ros.lab.synthetic.scene import Person, Scene, Setting, Studio, composed, fill_outside
from hemlets_ros.lab.synthetic.sensor import Lens, poor_light
from hemlets_ros.lab.synthetic.viewpoint import IMAGE_PX, View
from hemlets_ros.lab.synthetic.visibility import visible
from hemlets_ros.skeleton import COCO_NAMES, INDEX

if TYPE_CHECKING:
    from hemlets_ros.lab.synthetic.generator import SynthConfig

_PANORAMA_SHARE = 0.65
_DESK_SHARE, _COUNTER_SHARE, _BED_SHARE = 0.17, 0.1, 0.5
_HANDS_ON_TABLE = 0.75
_COMPANY_SHARE, _TOUCH_SHARE = 0.38, 0.35
_TOUCHED = ('l_shoulder', 'r_shoulder', 'l_wrist', 'r_wrist', 'spine', 'l_elbow', 'r_elbow')
_MIN_SEAT_M, _FLAT_M = 0.2, 0.75
_MAX_SHARE_INSIDE = 0.05  # maximum share of another person's vertices inside the subject's furniture
_VERTEX_STEP = 4  # every fourth vertex is enough to compute a person's visibility and bounding box
_SKIN_M = 0.03


class Stage(Studio):
    """A Studio that uses the folders and options of a SynthConfig."""

    _min_visible = 5

    def __init__(self, config: SynthConfig, assets: Path, seed: int, backgrounds: str | Path | None = None,
                 held_out: bool = False) -> None:
        super().__init__(assets, seed, backgrounds, held_out, config.children)
        avatars = AvatarWardrobe(config.avatars, held_out) if config.avatars else None
        self.wardrobe = MixedWardrobe(self.wardrobe, avatars, config.joints)
        self._poses = PoseSource(config.motions, held_out)
        self._panoramas = Panoramas(config.panoramas, held_out) if config.panoramas else None
        self._furnished = config.furnished
        self._store = FurnitureStore(self.renderer, seed) if config.furnished else None

    def sample(self, cast: Cast, index: int) -> tuple[Sample, np.ndarray]:
        """Sample number `index`, and the visibility (18,) bool of its joints."""
        if not self._furnished:
            return super().sample(cast, index)
        rng = np.random.default_rng([self.seed, 8, index])
        scene = self._staged(cast, rng)
        setting = self._setting(scene.view, rng)
        picture, depth, seen = self._rendered(scene, setting)
        view, subject = scene.view, scene.subject
        lens = Lens(view.frame_px.reshape(2, 2).mean(axis=0), float(np.linalg.norm(np.ptp(
            view.frame_px.reshape(2, 2), axis=0)) / 2), rng)
        image = poor_light(degrade(lens.seen(composed(picture, setting.behind)), rng), rng)
        fill_outside(image, view.frame_px)
        keypoints = np.column_stack([lens.bent(view.camera.project(subject.coco)),
                                     visible(COCO_NAMES, subject.coco, view, depth)])
        return self._labelled(scene, image, depth, index, box_px=visible_box(subject.vertices, view, depth),
                              keypoints_px=keypoints,
                              joints_px=lens.bent(view.camera.project(subject.joints))), seen

    def _pose(self, rng: np.random.Generator) -> Pose:
        return self._poses.draw(rng)

    def _setting(self, view: View, rng: np.random.Generator) -> Setting:
        if self._panoramas is None or rng.random() > _PANORAMA_SHARE:
            return super()._setting(view, rng)
        place = self._panoramas.draw(rng)
        return Setting(place.light, self._panoramas.behind(place, view.camera, IMAGE_PX, rng), True)

    def _staged(self, cast: Cast, rng: np.random.Generator) -> Scene:
        if not self._furnished:
            return super()._staged(cast, rng)
        actor = cast.pick(rng)
        desk = rng.random() < _DESK_SHARE
        subject = self.posed(actor, sitting_pose(rng) if desk else self._pose(rng))
        subject, furniture = self._furnish(subject, desk, rng)
        turn = _heading_rad(subject.pose)
        target = Target(subject.vertices[::_VERTEX_STEP], subject.joints,
                        np.array([np.sin(turn), -np.cos(turn)]), desk)
        view = sample_camera_view(target, lambda eye, points: hidden_by(furniture, eye, points), rng)
        others, seats = self._company(cast, subject, furniture, view, rng)
        occluders = self._occluders(subject, view, rng) if rng.random() < 0.5 else []
        placed = self._placed([*furniture, *seats], rng)
        return Scene(subject, view, [subject.placed(), *placed[:len(furniture)]],
                     [person.placed() for person in others] + placed[len(furniture):] + occluders)

    def _placed(self, furniture: list[Furniture], rng: np.random.Generator) -> list[Model]:
        assert self._store is not None
        covers = rng.permutation(COVERS)[:len(furniture)]
        return [self._store.place(piece, int(cover)) for piece, cover in zip(furniture, covers, strict=True)]

    def _furnish(self, subject: Person, desk: bool,
                 rng: np.random.Generator) -> tuple[Person, list[Furniture]]:
        """Adds a table, a seat or a bed for the subject, and adapts the pose to it."""
        furniture: list[Furniture] = []
        upright = _upright(subject.pose)
        if desk or (subject.pose.support == 'floor' and upright and rng.random() < _COUNTER_SHARE):
            subject, furniture = self._at_table(subject, desk, rng)
        if subject.pose.support == 'seat':
            furniture += self._seated(subject, desk, rng)
        elif np.ptp(subject.vertices[:, 2]) < _FLAT_M and not upright and rng.random() < _BED_SHARE:
            height = float(rng.uniform(0.25, 0.65))
            subject = subject.moved(np.array([0, 0, height]))
            turn = _heading_rad(subject.pose)
            local = _in_furniture_frame(subject, turn)
            boxes = pieces.bed(*bounds(local[:, :2]), height, rng)
            furniture.append(Furniture(boxes, _on_ground(subject), turn))
        return subject, furniture

    def _seated(self, subject: Person, desk: bool, rng: np.random.Generator) -> list[Furniture]:
        turn = _heading_rad(subject.pose)
        local = _in_furniture_frame(subject, turn)
        near = np.hypot(local[:, 0], local[:, 1]) < 0.2
        seat = float(local[near, 2].min()) if near.any() else 0.0
        if seat < _MIN_SEAT_M:
            return []
        lumbar = (local[:, 2] > seat + 0.05) & (local[:, 2] < seat + 0.5) & (abs(local[:, 0]) < 0.2)
        back = float(local[lumbar, 1].max()) if lumbar.any() else 1.0
        back_y = back + 0.02 if back < 0.4 else None
        shins = local[(local[:, 2] < seat - 0.05) & (abs(local[:, 0]) < 0.5), 1]
        shin_y = float(shins.max()) if len(shins) else -0.5
        if not desk and shin_y < -0.2 and rng.random() < 0.4:
            boxes = pieces.sofa(seat, back_y, shin_y, float(rng.uniform(-0.45, 0.45)), rng)
        else:
            boxes = pieces.chair(seat, back_y, rng)
        return [Furniture(boxes, _on_ground(subject), turn)]

    def _at_table(self, subject: Person, desk: bool,
                  rng: np.random.Generator) -> tuple[Person, list[Furniture]]:
        """Puts a table in front of the subject, and often the subject's hands on it."""
        turn = _heading_rad(subject.pose)
        joints = (subject.joints - _on_ground(subject)) @ Rotation.from_euler('z', turn).as_matrix()
        at = {name: joints[index] for name, index in INDEX.items()}
        if desk:
            lowest = max(at['l_knee'][2], at['r_knee'][2], at['pelvis'][2]) + 0.1
            top = max(at['pelvis'][2] + rng.uniform(0.12, 0.3), lowest)
        else:
            top = rng.uniform(0.7, 1.1) * at['mid_shoulder'][2] / 1.4
        if top > at['mid_shoulder'][2] - 0.12:
            return subject, []
        belly = min(at['spine'][1], at['pelvis'][1], (at['spine'][1] + at['mid_shoulder'][1]) / 2) - 0.14
        near = belly - abs(rng.normal(0, 0.08)) - (0 if desk else 0.04)
        boxes = pieces.table(near, top, rng)
        boxes += pieces.objects_on(near, top, rng)
        table = Furniture(boxes, _on_ground(subject), turn)
        if rng.random() < _HANDS_ON_TABLE:
            targets = {side: np.array([sign * rng.uniform(0.03, 0.32), near - rng.uniform(0.0, 0.3),
                                       top + 0.035])
                       for side, sign in (('l', 1), ('r', -1)) if rng.random() < 0.85}
            if rng.random() < 0.12 and targets:  # moves one hand to the chin
                side = next(iter(targets))
                targets[side] = at['nose'] + [0.06 if side == 'l' else -0.06, 0.0, -0.1]
            subject = self._reposed(subject, {side: table.rotation @ target + _on_ground(subject)
                                              for side, target in targets.items()})
        return subject, [table]

    def _reposed(self, person: Person, targets: dict[str, np.ndarray]) -> Person:
        """The person at the same position, with wrists moved to, or towards, world points (3,)."""
        character, pelvis = person.actor.character, INDEX['pelvis']
        transforms = character.rig.transforms(character.anatomy.heads, person.pose)
        moved = person.joints[pelvis] - joints_of(character.rig, character.anatomy, transforms)[pelvis]
        pose = reaching(person.pose, character.rig, character.anatomy,
                        {side: target - moved for side, target in targets.items()})
        result = self.posed(person.actor, pose)
        return result.moved(person.joints[pelvis] - result.joints[pelvis])

    def _company(self, cast: Cast, subject: Person, furniture: list[Furniture], view: View,
                 rng: np.random.Generator) -> tuple[list[Person], list[Furniture]]:
        """Other people, and their seats.

        They are beside the subject, face to face with it, with a hand on it, or further away.
        """
        if rng.random() > _COMPANY_SHARE:
            return [], []
        people: list[Person] = []
        seats: list[Furniture] = []
        count = int(rng.choice([1, 2, 3], p=[0.6, 0.28, 0.12]))
        for actor in cast.others(subject.actor, count, rng):
            near = _upright(subject.pose) and rng.random() < 0.55
            person = self._beside(actor, subject, rng) if near else self._further_away(actor, subject, rng)
            some = person.vertices[::8]
            inside = sum(float(piece.contains(some).mean()) for piece in furniture)
            if view.camera.from_world(person.joints)[:, 2].min() < 0.5 or inside > _MAX_SHARE_INSIDE:
                continue
            people.append(person)
            under = person.joints[INDEX['pelvis']] - [0, 0, 0.25]
            on_furniture = any(piece.contains(under[None])[0] for piece in furniture)
            if person.pose.support == 'seat' and not on_furniture:
                seats += self._seated(person, True, rng)
        return people, seats

    def _beside(self, actor: Actor, subject: Person, rng: np.random.Generator) -> Person:
        """A person within arm's reach of the subject, often facing it; sitting if the subject sits."""
        sits = subject.pose.support == 'seat'
        turn = _heading_rad(subject.pose)
        if sits:
            pose, way = sitting_pose(rng), rng.choice([0.0, np.pi]) + rng.normal(0, 0.15)
            wanted = turn + rng.normal(0, 0.4)
        else:
            pose, way = self._pose(rng), rng.uniform(0, 2 * np.pi)
            wanted = turn + way - np.pi / 2 + rng.normal(0, 0.5)  # faces the subject
            if rng.random() < 0.4:
                wanted = turn + rng.normal(0, 0.5)
        if not _upright(pose):
            return self._further_away(actor, subject, rng)
        turned = Rotation.from_euler('z', wanted - _heading_rad(pose)).as_matrix() @ pose.rotations
        person = self.posed(actor, replace(pose, rotations=turned))
        distance = rng.uniform(0.5, 0.75) if sits else rng.uniform(0.4, 0.95)
        angle = turn + way
        by = _on_ground(subject) + distance * np.array([np.cos(angle), np.sin(angle), 0]) - _on_ground(person)
        by[2] = 0.0
        if sits:
            by[2] = subject.joints[INDEX['pelvis'], 2] - person.joints[INDEX['pelvis'], 2]
        person = person.moved(by)
        if rng.random() < _TOUCH_SHARE:
            name = str(rng.choice(_TOUCHED))
            side = str(rng.choice(['l', 'r']))
            person = self._reposed(person, {side: subject.joints[INDEX[name]] + rng.normal(0, 0.05, 3)})
        return person

    def _further_away(self, actor: Actor, subject: Person, rng: np.random.Generator) -> Person:
        person = self.posed(actor, self._pose(rng))
        reach = sum(np.ptp(bounds(body.vertices[:, :2]), axis=0).max() / 2 for body in (person, subject))
        apart = 0.75 if _upright(subject.pose) and _upright(person.pose) else 0.95
        distance, angle = apart * reach + abs(rng.normal(0, 1.2)), rng.uniform(0, 2 * np.pi)
        by = _on_ground(subject) - _on_ground(person)
        return person.moved(by + distance * np.array([np.cos(angle), np.sin(angle), 0.0]))


def visible_box(vertices: np.ndarray, view: View, depth_m: np.ndarray) -> np.ndarray:
    """Bounding box (4,) of a person's visible vertices, as a detector gives it.

    vertices: (n, 3) of the person; depth_m: (size, size) of the image. Returns the view's box if hardly any
    vertex is visible.
    """
    seen = view.camera.from_world(vertices)
    seen = seen[seen[:, 2] > 0.15]
    points = (seen @ view.camera.intrinsics_px.T)[:, :2] / seen[:, 2:]
    x, y = points.T
    left, top = np.maximum(view.frame_px[:2], 0)
    right, bottom = np.minimum(view.frame_px[2:], IMAGE_PX - 1)
    inside = (x >= left) & (y >= top) & (x <= right) & (y <= bottom)
    points, distance = points[inside], seen[inside, 2]
    scale = len(depth_m) / IMAGE_PX
    columns, rows = np.clip(((points + 0.5) * scale).astype(int), 0, len(depth_m) - 1).T
    points = points[depth_m[rows, columns] > distance - _SKIN_M]
    if len(points) < 30:
        return view.box_px
    return bounds(points).reshape(4) + np.array([-0.5, -0.5, 0.5, 0.5])


def _upright(pose: Pose) -> bool:
    """Whether the trunk is upright (the person sits or stands), so that the person needs little space."""
    return bool(pose.rotations[0, 2, 2] > 0.7)


def _heading_rad(pose: Pose) -> float:
    """Rotation of a person about the vertical, relative to facing -y, in radians."""
    rotation = pose.rotations[0]
    front = rotation @ [0.0, -1.0, 0.0]
    if np.hypot(*front[:2]) < 0.3:  # for a lying person, the direction from feet to head is used
        front = rotation @ [0.0, 0.0, 1.0]
    return float(np.arctan2(front[1], front[0]) + np.pi / 2)


def _on_ground(person: Person) -> np.ndarray:
    """The pelvis, projected onto the ground, (3,)."""
    return np.array([*person.joints[INDEX['pelvis'], :2], 0.0])


def _in_furniture_frame(person: Person, turn: float) -> np.ndarray:
    """Every second vertex (n, 3) in a frame with the pelvis above the origin and the person facing -y."""
    return (person.vertices[::2] - _on_ground(person)) @ Rotation.from_euler('z', turn).as_matrix()
