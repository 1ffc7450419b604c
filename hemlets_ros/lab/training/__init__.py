"""Training HEMlets: targets, losses, augmentation, reading shards, and Lightning's loop around them."""
