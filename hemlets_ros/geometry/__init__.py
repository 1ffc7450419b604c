"""Camera models, crops, the network's output volume, and the lifting of its output to metres."""
