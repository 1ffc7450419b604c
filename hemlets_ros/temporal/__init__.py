"""What is known of a person from image to image: tracks, motion, steady bones, smoothing."""
