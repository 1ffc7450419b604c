"""Motion files: one file of code for each format. Units and axes of all: docs/motion.md."""
