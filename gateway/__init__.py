"""The only public door: log-in, sessions, limits, chat sockets, pages, call-backs from the outside."""
