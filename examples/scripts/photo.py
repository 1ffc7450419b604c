"""Draws skeletons into a photo and prints positions of hands: python photo.py PHOTO OUT.png."""

import sys

import hemlets_ros

photo, out = sys.argv[1:]
pipeline = hemlets_ros.load()
results = pipeline(photo)
results.save(out)
hands = [hemlets_ros.JOINT_NAMES.index(name) for name in ('r_wrist', 'l_wrist')]
for person in results:
    for place in person.joints_mm[hands] / 1000:
        print(f'person {person.id}: a hand {place[0]:+.2f} m right, {place[1]:+.2f} m down, '
              f'{place[2]:.2f} m away')
