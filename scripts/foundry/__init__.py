"""The foundry: renders lines with true labels and trains recognisers on them; never on the box."""
