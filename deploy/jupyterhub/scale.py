# SPDX-License-Identifier: MIT
"""Measures the hub: python scale.py HUB_URL TOKEN NOTEBOOK USERS..., for each number of users a line of a table.

For each number of users: all start their servers at once; each starts a kernel and runs a first cell; all run the
notebook to its end at once; then one runs an endless loop, and the others run the notebook again. Memory is the
proportional share (PSS) of the user's server and kernel, after the notebook has run.
"""

import asyncio
import json
import statistics
import sys
import time
import uuid

import aiohttp
import psutil

FIRST_CELL = "1 + 1"
ENDLESS = "for (;;) {}"
START_LIMIT = 600  # seconds
NOTEBOOK_LIMIT = 600
MIB = 1024 * 1024


class User:
    """One learner: a server, a kernel, and the channel to it."""

    def __init__(self, http, hub, number):
        self.http = http
        self.hub = hub
        self.name = f"learner{number}"
        self.api = f"{hub}/user/{self.name}/api"

    async def call(self, method, url, **rest):
        async with self.http.request(method, url, **rest) as response:
            if response.status >= 400:
                raise RuntimeError(f"{method} {url}: {response.status} {await response.text()}")
            return await response.json() if response.content_type == "application/json" else None

    async def start(self):
        """Starts the server, the kernel and a first cell; answers the seconds that took."""
        began = time.monotonic()
        account = f"{self.hub}/hub/api/users/{self.name}"
        await self.call("POST", account)
        await self.call("POST", f"{account}/server")
        await asyncio.wait_for(self.server_ready(account), START_LIMIT)
        place = {"name": "tslab", "path": "00-one-ioctl.ipynb"}  # as JupyterLab asks when it opens a notebook
        self.kernel = await self.call("POST", f"{self.api}/kernels", json=place)
        channel = f"{self.api}/kernels/{self.kernel['id']}/channels".replace("http:", "ws:")
        self.channel = await self.http.ws_connect(channel, max_msg_size=0)
        await self.run(FIRST_CELL)
        return time.monotonic() - began

    async def server_ready(self, account):
        """Waits for the server as a browser does: on the hub's stream of events, not by asking again and again."""
        async with self.http.get(f"{account}/server/progress") as events:
            async for line in events.content:
                if not line.startswith(b"data:"):
                    continue
                event = json.loads(line.removeprefix(b"data:"))
                if event.get("failed"):
                    raise RuntimeError(f"the server of {self.name} did not start: {event.get('message')}")
                if event.get("ready"):
                    return

    async def send(self, code):
        header = {
            "msg_id": uuid.uuid4().hex,
            "msg_type": "execute_request",
            "session": self.name,
            "username": self.name,
            "version": "5.3",
            "date": "",
        }
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": True}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        await self.channel.send_json(message)
        return header["msg_id"]

    async def run(self, code):
        """Runs a cell to its end."""
        sent = await self.send(code)
        async for frame in self.channel:
            if frame.type != aiohttp.WSMsgType.TEXT:
                continue
            message = json.loads(frame.data)
            if message["parent_header"].get("msg_id") != sent or message["msg_type"] != "execute_reply":
                continue
            if message["content"]["status"] != "ok":
                raise RuntimeError(f"{self.name}: a cell failed: {message['content'].get('evalue')}")
            return
        raise RuntimeError(f"{self.name}: the kernel is gone")

    async def run_notebook(self, cells):
        """Runs the cells one after another; answers the seconds that took."""
        began = time.monotonic()
        for source in cells:
            await asyncio.wait_for(self.run(source), NOTEBOOK_LIMIT)
        return time.monotonic() - began

    async def is_busy(self):
        state = await self.call("GET", f"{self.api}/kernels/{self.kernel['id']}")
        return state["execution_state"] == "busy"

    def memory(self):
        """Bytes of the server and of the kernel."""
        for process in psutil.process_iter(["cmdline", "environ"]):
            if "jupyterhub-singleuser" not in " ".join(process.info["cmdline"] or []):
                continue
            if (process.info["environ"] or {}).get("JUPYTERHUB_USER") != self.name:
                continue
            kernels = process.children(recursive=True)
            return process.memory_full_info().pss, sum(kernel.memory_full_info().pss for kernel in kernels)
        raise RuntimeError(f"the server of {self.name} is not among the processes")

    async def stop(self):
        await self.channel.close()
        account = f"{self.hub}/hub/api/users/{self.name}"
        await self.call("DELETE", f"{account}/server")
        while (await self.call("GET", account))["servers"]:
            await asyncio.sleep(1)
        await self.call("DELETE", account)


async def measure(http, hub, cells, count, offset):
    users = [User(http, hub, offset + number) for number in range(count)]
    first = await asyncio.gather(*(user.start() for user in users))
    whole = await asyncio.gather(*(user.run_notebook(cells) for user in users))
    memory = [user.memory() for user in users]

    looping, *others = users
    served = None
    if others:
        await looping.send(ENDLESS)
        again = await asyncio.gather(*(user.run_notebook(cells) for user in others))
        if not await looping.is_busy():
            raise RuntimeError("the endless loop has ended")
        served = f"{len(again)} of {len(others)}, {spread(again)}"
    await asyncio.gather(*(user.stop() for user in users))
    servers, kernels = ([pair[which] / MIB for pair in memory] for which in (0, 1))
    return [
        str(count),
        spread(first),
        spread(whole),
        f"{statistics.mean(servers):.0f} + {statistics.mean(kernels):.0f} MiB",
        served or "nobody else there",
    ]


def spread(seconds):
    return f"{statistics.median(seconds):.1f} s (slowest {max(seconds):.1f} s)"


async def main(hub, token, notebook, counts):
    with open(notebook, encoding="utf8") as file:
        cells = ["".join(cell["source"]) for cell in json.load(file)["cells"] if cell["cell_type"] == "code"]
    headers = {"Authorization": f"token {token}"}
    print("| users | time to first cell | notebook, all at once | memory per user: server + kernel | served beside an endless loop |")
    print("|---|---|---|---|---|", flush=True)
    offset = 0
    limits = aiohttp.ClientTimeout(total=None, sock_read=START_LIMIT)
    async with aiohttp.ClientSession(headers=headers, timeout=limits, connector=aiohttp.TCPConnector(limit=0)) as http:
        for count in counts:
            print(f"| {' | '.join(await measure(http, hub, cells, count, offset))} |", flush=True)
            offset += count


hub_url, api_token, path, *numbers = sys.argv[1:]
asyncio.run(main(hub_url, api_token, path, [int(number) for number in numbers]))
