"""A Vosk model in memory: one for the process, read-only, shared by all sessions and threads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import vosk

from voice import models
from voice.errors import ModelError
from voice.recognise.grammar import Grammars, Lexicon


@dataclass(frozen=True, eq=False)
class Model:
    """`name` is its folder's; `grammars` are made for its words. `takes_grammar`: one static graph ignores grammars."""

    name: str
    vosk: vosk.Model
    grammars: Grammars
    takes_grammar: bool

    @classmethod
    def load(cls, folder: Path) -> Model:
        """From a folder. Raises ModelError; never fetches anything."""
        models.check(folder)
        vosk.SetLogLevel(-1)
        try:
            # By its path only: with lang= or model_name= Vosk would download one.
            loaded = vosk.Model(model_path=str(folder))
        except Exception as error:
            if str(error) != "Failed to create a model":
                raise
            raise ModelError(f"语音模型读不了：{folder}", detail="vosk refused the folder") from None
        lexicon = Lexicon(lambda word: loaded.vosk_model_find_word(word) >= 0)
        return cls(folder.name, loaded, Grammars(lexicon), models.takes_grammar(folder))
