"""Learning on the box: the recurrent neck and the last linear layer of a model, trained on the user's own lines with NumPy."""
