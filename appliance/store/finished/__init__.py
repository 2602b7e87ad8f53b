"""What is done with finished recordings, by programs of their own and when nothing else is to be done."""
