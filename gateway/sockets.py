"""The sockets' transport: who takes nothing of what is sent is cut off, so that nothing waits for them for ever."""

import asyncio

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

TAKES_NOTHING_SECONDS = 20.0


class Socket(WebSocketsSansIOProtocol):
    """uvicorn's, which holds some 64 KB and a frame for a client that does not read; ours ends that after a while. A close
    frame would wait behind them, and so does uvicorn's own end of a connection: it is aborted."""

    stuck: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        super().pause_writing()
        self.stuck = self.loop.call_later(TAKES_NOTHING_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._cancel()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel()
        super().connection_lost(exc)

    def _cancel(self) -> None:
        if self.stuck:
            self.stuck.cancel()
            self.stuck = None
