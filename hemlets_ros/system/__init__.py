"""The machine: cores, devices, cache folder, installed versions."""
