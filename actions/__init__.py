"""The skills' custom actions: one module a skill, thin: ask the facade, journey or insight, and shape the reply."""
