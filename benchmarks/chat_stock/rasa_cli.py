"""Rasa's own command line, in Rasa's environment. TensorFlow's optional use of JAX is kept out, as in our own start."""

import sys

if __name__ == "__main__":
    sys.modules["jax"] = None  # type: ignore[assignment]
    from rasa.__main__ import main

    main()
