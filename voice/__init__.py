"""Speech in (Vosk), speech out, repair of recognised text, audio formats; `training/` builds the small model that ships."""
