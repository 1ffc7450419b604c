"""Where things are: cameras, crops, the volume that networks answer in, and the way back to metres."""
