"""Language models: token scheme, Kneser-Ney, kenlm files, scoring, and its signals."""
