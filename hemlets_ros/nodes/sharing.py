"""One image's crops -> one message a share, and the answers of all shares -> one message again."""

from __future__ import annotations

from hemlets_ros.errors import InputError
from hemlets_ros.msg import PersonCropArray, Skeleton3DArray
from hemlets_ros.sharing import share_name, share_of


def split(message: PersonCropArray, shares: int) -> list[PersonCropArray]:
    """One message a share, also for those without people: each crop is in exactly one, by its track id."""
    parts = [PersonCropArray(header=message.header, camera_info=message.camera_info,
                             intrinsics_assumed=message.intrinsics_assumed, detection_s=message.detection_s)
             for _ in range(shares)]
    crops: list[list] = [[] for _ in range(shares)]
    for crop in message.crops:
        crops[share_of(crop.box.track_id, shares)].append(crop)
    for part, own in zip(parts, crops, strict=True):
        part.crops = own
    return parts


def merge(image: PersonCropArray, answers: dict[int, Skeleton3DArray]) -> Skeleton3DArray:
    """The skeletons of all shares (share -> its answer; at least one) in the order of the image's crops.

    `pose_s` is that of the slowest. Raises InputError where shares have different weights.
    """
    shares = sorted(answers)
    first = answers[shares[0]]
    for share in shares[1:]:
        other = answers[share]
        if (other.weights, other.weights_sha256) != (first.weights, first.weights_sha256):
            raise InputError(
                f'{share_name(shares[0])} has the weights {first.weights}, {share_name(share)} has '
                f'{other.weights}; start all pose nodes with the same file')
    place = {crop.box.track_id: index for index, crop in enumerate(image.crops)}
    skeletons = [skeleton for share in shares for skeleton in answers[share].skeletons]
    return Skeleton3DArray(
        header=image.header, camera_info=first.camera_info, intrinsics_assumed=first.intrinsics_assumed,
        weights=first.weights, weights_sha256=first.weights_sha256, untrained=first.untrained,
        detection_s=image.detection_s, pose_s=max(answer.pose_s for answer in answers.values()),
        skeletons=sorted(skeletons, key=lambda skeleton: place.get(skeleton.id, len(place))))
