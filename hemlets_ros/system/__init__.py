"""The machine and the file system: devices, cache, paths, files, plug-ins, installed versions."""
