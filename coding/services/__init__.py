"""The write path of coding: every change of the codebook, of codings and of readings."""
