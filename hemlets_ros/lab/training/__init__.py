"""Training of the HEMlets network with Lightning: targets, losses, augmentation, reading of shards."""
