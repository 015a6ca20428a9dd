"""The data path, one step a file; steps know no other step, `pipeline` and `relay` join them."""
