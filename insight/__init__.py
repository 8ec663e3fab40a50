"""Management questions: visit records → metrics → a question in Chinese → SQL → rows, sentence and chart."""
