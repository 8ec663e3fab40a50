"""Recognition, from grammars to the socket."""
