"""Distributes the people of each image to several pose nodes (pose workers), and merges their skeletons."""

from __future__ import annotations

from hemlets_ros.errors import InputError
from hemlets_ros.msg import PersonCropArray, Skeleton3DArray


def worker_of(track_id: int, pose_workers: int) -> int:
    """The worker, 0 .. pose_workers - 1, of a track id.

    It is the remainder of the id, not a hash: trackers count ids upwards, so consecutive people go to
    different workers. Negative ids (not tracked) have a worker, too.
    """
    return track_id % pose_workers


def worker_name(worker: int) -> str:
    """The namespace of a pose worker, relative to that of the dispatcher."""
    return f'pose_worker_{worker}'


def split(message: PersonCropArray, pose_workers: int) -> list[PersonCropArray]:
    """One message per worker, even without people. Each crop is in exactly one message, by its track id."""
    parts = [PersonCropArray(header=message.header, camera_info=message.camera_info,
                             intrinsics_assumed=message.intrinsics_assumed, detection_s=message.detection_s)
             for _ in range(pose_workers)]
    crops: list[list] = [[] for _ in range(pose_workers)]
    for crop in message.crops:
        crops[worker_of(crop.box.track_id, pose_workers)].append(crop)
    for part, own in zip(parts, crops, strict=True):
        part.crops = own
    return parts


def merge(image: PersonCropArray, answers: dict[int, Skeleton3DArray]) -> Skeleton3DArray:
    """Merges the answers (worker -> skeletons; at least one) in the order of the image's crops.

    `pose_s` is that of the slowest worker. Raises InputError if workers have different weights.
    """
    workers = sorted(answers)
    first = answers[workers[0]]
    for worker in workers[1:]:
        other = answers[worker]
        if (other.weights, other.weights_sha256) != (first.weights, first.weights_sha256):
            raise InputError(
                f'{worker_name(workers[0])} has the weights {first.weights}, {worker_name(worker)} has '
                f'{other.weights}; start all pose nodes with the same file')
    place = {crop.box.track_id: index for index, crop in enumerate(image.crops)}
    skeletons = [skeleton for worker in workers for skeleton in answers[worker].skeletons]
    return Skeleton3DArray(
        header=image.header, camera_info=first.camera_info, intrinsics_assumed=first.intrinsics_assumed,
        weights=first.weights, weights_sha256=first.weights_sha256, untrained=first.untrained,
        detection_s=image.detection_s, pose_s=max(answer.pose_s for answer in answers.values()),
        skeletons=sorted(skeletons, key=lambda skeleton: place.get(skeleton.id, len(place))))
