"""What every adapter must do. An adapter's test module inherits it in a few lines:

class TestConformance(AdapterConformance):
    folder = "his"
    hospital = ("hospital",)                # the processes it needs

    async def samples(self, adapter): ...   # searches that find something
    async def write(self, adapter): ...     # (type, resource) to create; None where it creates nothing
    def probes(self): ...                   # calls that each have to reach the back end
    def pointed_at(self, port): ...         # settings whose back end is that port of this machine
"""

import ast
import asyncio
import importlib
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from common import settings as common_settings
from common.settings import Settings
from connectors import manifest
from connectors.adapter import Adapter, BackendError, BackendUnavailable, Resource, Search

CONNECTORS = Path(manifest.__file__).parent
DEADLINE = 0.4
SLACK = 3.0
"""Seconds that a busy machine may add to a deadline before it counts as not kept."""
ODD = [
    "",
    " ",
    "不存在",
    "0",
    "Patient/",
    "|",
    "x" * 200,
    "'; DROP TABLE x; --",
    "\\F\\|^~&\r\n",
    "😀",
    "\x00\x0b\x1c",
]


class ManifestConformance:
    """What holds for the folder, without any back end."""

    folder: str

    @property
    def path(self) -> Path:
        return CONNECTORS / self.folder

    def test_the_manifest_is_valid_and_says_what_the_adapter_does(self) -> None:
        read = manifest.load(self.path / "manifest.toml")
        adapter = importlib.import_module(read.module).create(common_settings.get())
        assert adapter.name == read.name
        assert {k: sorted(v) for k, v in adapter.resources.items()} == {
            k: sorted(v) for k, v in read.resources.items()
        }

    def test_the_settings_it_names_exist(self) -> None:
        read = manifest.load(self.path / "manifest.toml")
        assert set(read.settings) <= set(Settings.model_fields)

    def test_the_folder_has_its_parts(self) -> None:
        names = {file.name for file in self.path.iterdir()}
        assert {"__init__.py", "README.md", "client.py", "manifest.toml"} <= names
        assert ast.get_docstring(ast.parse((self.path / "__init__.py").read_text()))


class AdapterConformance(ManifestConformance):
    """What holds with a back end."""

    async def samples(self, adapter: Adapter) -> list[Search]:
        raise NotImplementedError

    async def write(self, adapter: Adapter) -> tuple[str, Resource] | None:
        raise NotImplementedError

    def probes(self) -> list[Callable[[Adapter], Awaitable[Any]]]:
        raise NotImplementedError

    def pointed_at(self, port: int) -> Settings:
        raise NotImplementedError

    def _at(self, port: int) -> Adapter:
        return importlib.import_module(f"connectors.{self.folder}").create(self.pointed_at(port))

    async def test_what_a_search_gives_is_valid_and_can_be_read(self, adapter: Adapter) -> None:
        for search in await self.samples(adapter):
            found = await adapter.search(search)
            assert found, f"the sample search for {search.type} found nothing"
            for resource in found[:20]:
                get_fhir_model_class(resource["resourceType"]).model_validate(resource)
            first = next(one for one in found if one["resourceType"] == search.type)
            if "read" in adapter.resources[search.type]:
                assert await adapter.read(search.type, first["id"]) == first

    async def test_what_does_not_exist_is_none(self, adapter: Adapter) -> None:
        for type, interactions in adapter.resources.items():
            if "read" in interactions:
                assert await adapter.read(type, "no-such-id-9") is None

    async def test_a_search_keeps_to_its_count(self, adapter: Adapter) -> None:
        for search in await self.samples(adapter):
            found = await adapter.search(Search(search.type, search.params, 1))
            assert len(found) == 1

    async def test_odd_values_give_results_or_our_errors(self, adapter: Adapter) -> None:
        for search in await self.samples(adapter):
            for name, values in search.params.items():
                if not all(isinstance(value, str) for value in values):
                    continue
                for odd in ODD:
                    try:
                        await adapter.search(Search(search.type, {**search.params, name: [odd]}, 5))
                    except BackendError as error:
                        assert error.message and error.code
            if "read" in adapter.resources[search.type]:
                for odd in ODD:
                    try:
                        await adapter.read(search.type, odd)
                    except BackendError as error:
                        assert error.message and error.code

    async def test_the_same_key_gives_the_same_resource(self, adapter: Adapter) -> None:
        made = await self.write(adapter)
        if made is None:
            assert not any("create" in i for i in adapter.resources.values())
            return
        type, resource = made
        first = await adapter.create(type, resource, "conformance-key-1")
        second = await adapter.create(type, resource, "conformance-key-1")
        assert second["id"] == first["id"]
        get_fhir_model_class(type).model_validate(first)

    async def test_check_says_that_it_is_reachable(self, adapter: Adapter) -> None:
        state = await adapter.check()
        assert state["reachable"] is True
        assert set(state) == {"reachable", "version", "time", "problems"}
        assert state["problems"] == []

    async def test_unreachable_is_said_within_the_deadline(self) -> None:
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            adapter = self._at(held.getsockname()[1])
            await self._is_unavailable(adapter)
            assert (await adapter.check())["reachable"] is False
            await adapter.stop()

    async def test_silence_is_said_within_the_deadline(self) -> None:
        """The back end accepts the connection and never says anything."""

        async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while await reader.read(65536):
                    pass
            finally:
                writer.close()

        server = await asyncio.start_server(swallow, "127.0.0.1", 0)
        adapter = self._at(server.sockets[0].getsockname()[1])
        try:
            await self._is_unavailable(adapter)
        finally:
            await adapter.stop()
            server.close()

    @pytest.mark.parametrize(
        "answer",
        [
            b"",
            b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\noops",
            b"\x0bMSH|^~\\&|",
            b"\x0b\x1c\r",
            b"\xff" * 400,
        ],
        ids=["closed", "http", "half", "empty-frame", "noise"],
    )
    async def test_garbage_is_unavailable(self, answer: bytes) -> None:
        async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1024)
            writer.write(answer)
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(babble, "127.0.0.1", 0)
        adapter = self._at(server.sockets[0].getsockname()[1])
        try:
            await self._is_unavailable(adapter)
        finally:
            await adapter.stop()
            server.close()

    async def _is_unavailable(self, adapter: Adapter) -> None:
        for probe in self.probes():
            began = time.monotonic()
            with pytest.raises(BackendUnavailable) as caught:
                await probe(adapter)
            assert time.monotonic() - began < DEADLINE * 2 + SLACK
            assert caught.value.status == 503
            assert any("\u4e00" <= character <= "\u9fff" for character in caught.value.message)
