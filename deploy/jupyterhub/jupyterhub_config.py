# SPDX-License-Identifier: MIT
"""The course for several people on one machine: each has an account, a server and copies of the notebooks.

Whoever has an account on the machine logs in with its password (PAM) and works in ~/tsm-map. The hub must run as root
for that, as it starts each server as its user. loopback_config.py is the same without accounts, for a trial.
"""

import os
import secrets
import shutil
import sys
from pathlib import Path

c = get_config()  # noqa: F821, which JupyterHub gives to a configuration

HUB = Path(__file__).resolve().parent
COURSE = HUB.parent.parent
STATE = Path(os.environ.get("TSM_HUB_STATE", HUB / ".cache"))
PORT = int(os.environ.get("TSM_HUB_PORT", "8000"))  # the next two ports are the hub's and the proxy's own
NODE = shutil.which("node")
if NODE is None:
    raise SystemExit("The hub needs Node.js on its PATH: the kernel and the proxy run in it.")

# Everything listens on the loopback interface; a web server with a certificate stands before it (README.md).
c.JupyterHub.bind_url = f"http://127.0.0.1:{PORT}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{PORT + 1}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{PORT + 2}"
c.ConfigurableHTTPProxy.command = [NODE, str(HUB / "node_modules/configurable-http-proxy/bin/configurable-http-proxy")]
c.ConfigurableHTTPProxy.auth_token = secrets.token_hex(32)
c.ConfigurableHTTPProxy.pid_file = str(STATE / "proxy.pid")
c.Spawner.ip = "127.0.0.1"

STATE.mkdir(mode=0o700, parents=True, exist_ok=True)
c.JupyterHub.db_url = f"sqlite:///{STATE / 'hub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(STATE / "cookie-secret")

# The user's own server makes the copies before it starts, as the user: the hub writes to nobody's folder.
c.Spawner.cmd = [str(HUB / "user-server")]
c.Spawner.notebook_dir = "~/tsm-map"
c.Spawner.default_url = "/lab/tree/00-one-ioctl.ipynb"
c.Spawner.http_timeout = 300
c.Spawner.start_timeout = 300
c.Spawner.environment = {
    "JUPYTER_PATH": str(COURSE / "kernel"),
    "PATH": os.pathsep.join([str(Path(NODE).parent), str(Path(sys.executable).parent), os.environ["PATH"]]),
}
c.Spawner.args = [
    "--KernelSpecManager.ensure_native_kernel=False",
    "--KernelSpecManager.allowed_kernelspecs=tslab",
    "--MappingKernelManager.default_kernel_name=tslab",
    "--MappingKernelManager.kernel_info_timeout=300",  # seconds; when a room starts at once, kernels start slowly
    "--MappingKernelManager.cull_idle_timeout=7200",  # seconds; a kernel that nobody uses gives its memory back
    "--LabApp.extension_manager=readonly",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LanguageServerManager.autodetect=False",
]

c.JupyterHub.concurrent_spawn_limit = 30  # a whole workshop logs in within a minute
c.Authenticator.allow_all = True  # everyone who has an account on this machine
