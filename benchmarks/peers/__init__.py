"""The field, each library in an environment of its own (see `make.sh`), timed beside us."""
