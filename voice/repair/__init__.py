"""From recognised text to what was meant: names by their sound, numbers by their slot, and what is to be read back."""

from voice.repair.heard import Correction, Heard, Hypothesis, Word, hypotheses_of
from voice.repair.repair import repair
from voice.repair.vocabulary import Vocabulary

__all__ = ["Correction", "Heard", "Hypothesis", "Vocabulary", "Word", "hypotheses_of", "repair"]
