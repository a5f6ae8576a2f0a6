# SPDX-License-Identifier: GPL-3.0-or-later
"""The service under load: a backend of one's own (`service_process.py`), clients of it (`service_client.py`), an hour of what a room of
them does (`soak.py`), and how fast they are served (`throughput.py`). `mien bench serve` prints what they measure."""
