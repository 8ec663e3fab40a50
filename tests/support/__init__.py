"""What tests of several rooms share: the real processes, started on free ports in a directory of their own."""
