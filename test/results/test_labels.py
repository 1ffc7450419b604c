import numpy as np

from hemlets_ros.results.labels import draw_labels, find_place

IMAGE_PX = (400, 300)


def test_a_label_is_above_its_box():
    assert find_place((100, 100, 150, 250), (60, 20), IMAGE_PX, [], []) == (100, 80, 160, 100)


def test_labels_of_neighbours_do_not_cover_each_other():
    boxes = [(100 + 20 * index, 100 + 5 * index, 150 + 20 * index, 250) for index in range(8)]
    taken = []
    for index, box in enumerate(boxes):
        taken.append(find_place(box, (60, 20), IMAGE_PX, taken, boxes[:index] + boxes[index + 1:]))
    for index, one in enumerate(taken):
        assert 0 <= one[0] < one[2] <= 400 and 0 <= one[1] < one[3] <= 300
        for other in taken[:index]:
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def test_a_label_does_not_cover_somebody_behind():
    behind = (90, 50, 160, 130)
    place = find_place((100, 100, 150, 250), (40, 20), IMAGE_PX, [], [behind])
    assert place == (150, 100, 190, 120) or place[3] <= 50 or place[1] >= 130 or place[0] >= 160


def test_a_box_outside_has_its_label_inside():
    assert find_place((0, 0, 20, 250), (60, 20), IMAGE_PX, [], []) == (0, 0, 60, 20)
    assert find_place((390, 290, 400, 300), (60, 20), IMAGE_PX, [], [])[2:] == (400, 290)


def test_text_is_bright_on_dark():
    canvas = np.full((300, 400, 3), 150, np.uint8)
    draw_labels(canvas, [('0: 5.0 m', np.array([100.0, 100, 200, 280]))])
    label = canvas[70:100, 100:160]
    assert label.max() > 230 and label.min() < 60
    assert (canvas[105:] == 150).all()
