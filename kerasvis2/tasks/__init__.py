"""What `kerasvis2.task` is made of: losses by name, forms of labels, and the rules."""
