"""At the desk: data sets, generated people, training, evaluation and their commands. Imported by no other."""
