"""The shipped classifier, what is known of it, and the training that made it."""
