"""The room where models are made and checked; not part of the data path."""
