"""Track ids, prediction of boxes between detections, detection of jumps in time."""
