"""What good content is: the rooms of `articles/`, one module each."""
