"""Track ids from image to image, motion between detections, jumps in time."""
